#pragma once
/// The tokens of WAVE, taken as they are asked for.

#include <cairn/base/result.hpp>

#include <string>
#include <string_view>

namespace cairn::component::wave {

/// Cases of these names are written with a percent sign before them.
bool is_keyword(std::string_view word);

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// "expected WHAT" where the scanner stands.
  std::unexpected<Error> expected(std::string_view what) const;
  std::unexpected<Error> wrong(std::string message) const;

  /// Behind blanks and comments; 0 at the end.
  char peek();
  /// Takes the sign if it comes next.
  bool take(char sign);
  Result<> demand(char sign);
  Result<> demand_end();

  /// A number or one of the words for numbers, as it is written; empty: there is none.
  std::string_view number();
  /// A word; `is_escaped`: with a percent sign before it, so that it is no keyword.
  struct Word {
    std::string_view text;
    bool is_escaped = false;
    bool is(std::string_view keyword) const { return !is_escaped && text == keyword; }
  };
  /// Empty: there is none.
  Word word();
  /// The same, but the scanner stays.
  Word peek_word();

  /// The one between apostrophes.
  Result<char32_t> character();
  /// What is between quotation marks, on one line or on several.
  Result<std::string> string();

 private:
  Result<char32_t> code_point(std::string_view forbidden);
  Result<char32_t> escape();
  Result<std::string> multiline_string();
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace cairn::component::wave
