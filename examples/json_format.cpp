// Reads a JSON text from the standard input and prints it indented, the members of objects in order
// of name. A text that is not JSON ends in a message with line and column, and exit code 1.
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

constexpr int depth_max = 256;

struct Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value>;

/// Numbers and strings keep their spelling: what is printed is what was read.
struct Value {
  std::variant<std::string, Array, Object> content;
};

class Parser {
 public:
  explicit Parser(std::string text) : text_(std::move(text)) {}

  /// The whole text as one value, or nothing; then `where` and `expected` tell why.
  std::optional<Value> document() {
    auto value = this->value(0);
    skip_space();
    if (value && at_ < text_.size()) return fail("the end");
    return value;
  }

  const char* expected() const { return expected_; }

  std::pair<int, int> where() const {
    int line = 1, column = 1;
    for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) {
      column = text_[i] == '\n' ? (++line, 1) : column + 1;
    }
    return {line, column};
  }

 private:
  std::nullopt_t fail(const char* expected) {
    if (!expected_) expected_ = expected;
    return std::nullopt;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool accept(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
  }

  std::optional<Value> value(int depth) {
    skip_space();
    if (depth > depth_max) return fail("less nesting");
    switch (peek()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"':
        if (auto text = string()) return Value{*text};
        return std::nullopt;
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  std::optional<Value> word(const std::string& name) {
    if (text_.compare(at_, name.size(), name) != 0) return fail("a value");
    at_ += name.size();
    return Value{name};
  }

  bool digits() {
    std::size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > start;
  }

  std::optional<Value> number() {
    std::size_t start = at_;
    if (peek() == '-') ++at_;
    bool starts_with_zero = peek() == '0';
    std::size_t integer = at_;
    if (!digits()) return fail(at_ == start ? "a value" : "a digit");
    if (starts_with_zero && at_ > integer + 1) return fail("a number without leading zeros");
    if (peek() == '.' && (++at_, !digits())) return fail("a digit");
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return fail("a digit");
    }
    return Value{text_.substr(start, at_ - start)};
  }

  std::optional<std::string> string() {
    std::size_t start = at_++;
    while (peek() != '"') {
      if (static_cast<unsigned char>(peek()) < 0x20) return fail("the end of the string");
      at_ += peek() == '\\' ? 2 : 1;
    }
    ++at_;
    return text_.substr(start, at_ - start);
  }

  std::optional<Value> array(int depth) {
    Array items;
    ++at_;
    if (accept(']')) return Value{std::move(items)};
    do {
      auto item = value(depth + 1);
      if (!item) return std::nullopt;
      items.push_back(std::move(*item));
    } while (accept(','));
    if (!accept(']')) return fail("',' or ']'");
    return Value{std::move(items)};
  }

  std::optional<Value> object(int depth) {
    Object members;
    ++at_;
    if (accept('}')) return Value{std::move(members)};
    do {
      skip_space();
      if (peek() != '"') return fail("a member's name");
      auto name = string();
      if (!name) return std::nullopt;
      if (!accept(':')) return fail("':'");
      auto member = value(depth + 1);
      if (!member) return std::nullopt;
      members.insert_or_assign(std::move(*name), std::move(*member));
    } while (accept(','));
    if (!accept('}')) return fail("',' or '}'");
    return Value{std::move(members)};
  }

  std::string text_;
  std::size_t at_ = 0;
  const char* expected_ = nullptr;
};

class Printer {
 public:
  void print(const Value& value) {
    if (auto* text = std::get_if<std::string>(&value.content)) {
      std::fputs(text->c_str(), stdout);
    } else if (auto* array = std::get_if<Array>(&value.content)) {
      list('[', ']', *array, [this](const Value& item) { print(item); });
    } else {
      list('{', '}', std::get<Object>(value.content), [this](const auto& member) {
        std::printf("%s: ", member.first.c_str());
        print(member.second);
      });
    }
  }

 private:
  template <typename Items, typename PrintItem>
  void list(char open, char close, const Items& items, PrintItem print_item) {
    std::putchar(open);
    indent_ += 2;
    const char* separator = "";
    for (const auto& item : items) {
      std::printf("%s\n%*s", separator, indent_, "");
      print_item(item);
      separator = ",";
    }
    indent_ -= 2;
    if (!items.empty()) std::printf("\n%*s", indent_, "");
    std::putchar(close);
  }

  int indent_ = 0;
};

std::string read_all(std::FILE* from) {
  std::string text;
  char buffer[4096];
  while (std::size_t got = std::fread(buffer, 1, sizeof buffer, from)) text.append(buffer, got);
  return text;
}

}  // namespace

int main() {
  Parser parser(read_all(stdin));
  auto document = parser.document();
  if (!document) {
    auto [line, column] = parser.where();
    std::printf("line %d, column %d: expected %s\n", line, column, parser.expected());
    return 1;
  }
  Printer().print(*document);
  std::putchar('\n');
  return 0;
}
