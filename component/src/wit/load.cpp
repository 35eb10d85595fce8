#include <fmt/format.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/wit_binary.hpp>

#include "wit/package_graph.hpp"
#include "wit/parser.hpp"

namespace cairn::component::wit {
namespace {

bool is_binary(ByteSpan bytes) {
  return bytes.size() >= 4 && load_le<uint32_t>(bytes.data()) == 0x6d736100;  // "\0asm"
}

class Loader {
 public:
  Loader(Files& files, const LoadOptions& options, Sources& sources)
      : files_(files), options_(options), sources_(sources), graph_(sources, options) {}

  Result<Loaded> load(const std::string& path) {
    if (!files_.is_directory(path)) return load_file(path);
    const std::string deps = path + "/deps";
    if (files_.is_directory(deps)) {
      for (const std::string& name : TRY(files_.list_directory(deps))) {
        TRY(add_dependency(deps + "/" + name));
      }
    }
    const auto root = TRY(graph_.add(TRY(parse_directory(path)), path, true));
    return graph_.resolve(*root);
  }

 private:
  Result<Loaded> load_file(const std::string& path) {
    Bytes bytes = TRY(files_.read_file(path, options_.limits.file_bytes));
    if (is_binary(bytes)) {
      const PackageName root = TRY(add_encoded(bytes, path));
      return graph_.resolve(root);
    }
    const auto root = TRY(graph_.add(TRY(parse_one(std::move(bytes), path)), path, true));
    return graph_.resolve(*root);
  }

  Result<std::vector<ast::File>> parse_one(Bytes bytes, const std::string& path) {
    if (sources_.size() >= options_.limits.files) {
      return fail(ErrorKind::limit, fmt::format("more than {} files", options_.limits.files));
    }
    const uint32_t file = sources_.add(path, std::string(as_text(bytes)));
    std::vector<ast::File> list;
    list.push_back(TRY(parse_file(sources_, file, options_.limits)));
    return list;
  }

  Result<std::vector<ast::File>> parse_directory(const std::string& path) {
    std::vector<ast::File> list;
    for (const std::string& name : TRY(files_.list_directory(path))) {
      const std::string file = path + "/" + name;
      if (!name.ends_with(".wit") || files_.is_directory(file)) continue;
      Bytes bytes = TRY(files_.read_file(file, options_.limits.file_bytes));
      for (ast::File& parsed : TRY(parse_one(std::move(bytes), file))) {
        list.push_back(std::move(parsed));
      }
    }
    if (list.empty()) {
      return std::unexpected(Error{.kind = ErrorKind::not_found,
                                   .message = "there is no file `*.wit` in this directory",
                                   .path = path});
    }
    return list;
  }

  Result<> add_dependency(const std::string& path) {
    if (files_.is_directory(path)) {
      TRY(graph_.add(TRY(parse_directory(path)), path, false));
    } else if (path.ends_with(".wit")) {
      Bytes bytes = TRY(files_.read_file(path, options_.limits.file_bytes));
      TRY(graph_.add(TRY(parse_one(std::move(bytes), path)), path, false));
    } else if (path.ends_with(".wasm")) {
      TRY(add_encoded(TRY(files_.read_file(path, options_.limits.file_bytes)), path));
    }
    return {};
  }

  Result<PackageName> add_encoded(const Bytes& bytes, const std::string& path) {
    Result<PackageName> name = decode_and_add(bytes, path);
    if (!name && name.error().path.empty()) name.error().path = path;
    return name;
  }

  Result<PackageName> decode_and_add(const Bytes& bytes, const std::string& path) {
    Decoded decoded = TRY(decode_component(TRY(component::decode(bytes)), options_.limits));
    if (decoded.world) {
      return fail(ErrorKind::invalid,
                  "this component is no WIT package, as it has imports, or "
                  "exports other than types");
    }
    return graph_.add(std::move(decoded.resolve), decoded.root, path);
  }

  Files& files_;
  const LoadOptions& options_;
  Sources& sources_;
  PackageGraph graph_;
};

}  // namespace

Result<Loaded> load(Files& files, const std::string& path, const LoadOptions& options,
                    Sources& sources) {
  return Loader(files, options, sources).load(path);
}

Result<Loaded> parse(const std::string& path, std::string text, const LoadOptions& options,
                     Sources& sources) {
  PackageGraph graph(sources, options);
  const uint32_t file = sources.add(path, std::move(text));
  std::vector<ast::File> files;
  files.push_back(TRY(parse_file(sources, file, options.limits)));
  const auto root = TRY(graph.add(std::move(files), path, true));
  return graph.resolve(*root);
}

}  // namespace cairn::component::wit
