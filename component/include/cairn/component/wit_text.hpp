#pragma once
/// WIT as text: read from files, resolved, printed.

#include <cairn/base/files.hpp>
#include <cairn/component/wit.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cairn::component::wit {

/// The texts that were read, so that errors and spans can be shown.
class Sources {
 public:
  uint32_t add(std::string path, std::string text);
  size_t size() const { return files_.size(); }
  const std::string& path(uint32_t file) const { return files_[file].path; }
  std::string_view text(uint32_t file) const { return files_[file].text; }

  /// The text of that path; empty where there is none.
  std::string_view text_of(std::string_view path) const;

  /// Nothing where a span is nowhere.
  std::optional<SourceLocation> locate(Span span) const;
  /// An error with the path, line and column of a span.
  Error error(ErrorKind kind, Span span, std::string message) const;
  /// "path:3:14: error: …", the line and a caret under the column.
  std::string render(const Error& error) const;

 private:
  struct File {
    std::string path, text;
  };
  std::vector<File> files_;
};

struct LoadOptions {
  Gates gates = {};
  Limits limits = {};
};

/// Packages with the one that was asked for.
struct Loaded {
  Resolve resolve;
  PackageId root;
};

/// Loads the package at `path` with what it needs: a directory (its `*.wit` files are one package,
/// each file or directory in `deps` another), one file that holds everything, or a package that is
/// encoded as a component. `sources` learns the texts, also when there is an error. Errors are
/// `malformed` (the grammar), `invalid` (names, types, gates), `limit`, or those of `files`.
Result<Loaded> load(Files& files, const std::string& path, const LoadOptions& options,
                    Sources& sources);

/// The same for one text.
Result<Loaded> parse(const std::string& path, std::string text, const LoadOptions& options,
                     Sources& sources);

struct PrintOptions {
  bool docs = true;
  bool dependencies = false;  ///< all other packages behind it, as `package a:b { … }`
};

/// The text of a package, which is parsed to the same again.
std::string print(const Resolve& resolve, PackageId package, const PrintOptions& options = {});

/// All packages as one JSON document, names instead of indices; what is equal prints alike.
std::string to_json(const Resolve& resolve);

/// May stand in WIT text: no control character but tab, newline and return, nothing that changes
/// the direction of text, nothing that Unicode deprecates.
bool allowed_in_text(char32_t c);

/// Identifiers with these names are written with a percent sign before.
bool is_keyword(std::string_view text);

}  // namespace cairn::component::wit
