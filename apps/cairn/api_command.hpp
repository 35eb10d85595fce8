#pragma once
/// What commands that speak to a server of ours have in common: `--server`, `-o`, how they end.

#include <optional>
#include <string>

#include "api_client.hpp"
#include "options.hpp"

namespace cairn::cli {

class ApiCommand {
 public:
  ApiCommand(std::string name, std::string_view usage, std::string summary);
  // To add options to, before `parse`.
  Parser& parser() { return parser_; }
  CLI::App* operator->() { return &parser_.app(); }
  CLI::App& app() { return parser_.app(); }
  void add_name(std::string& value, const std::string& name, const std::string& help);
  void add_count(const std::string& name, std::optional<uint64_t>& value, const std::string& help);

  /// The exit code when the command is over already.
  std::optional<int> parse(Args args);

  const ApiClient& client() const { return *client_; }
  /// `-o json`
  bool json() const { return output_ == "json"; }

  /// The exit code; prints the error.
  int end(const Result<>& done) const;
  /// The document with `-o json`; else `text`.
  void print(const Json& document, const std::string& text) const;

 private:
  Result<> take();

  std::string name_;
  Parser parser_;
  std::optional<std::string> server_;
  std::string output_ = "table";
  std::optional<ApiClient> client_;
  std::optional<Error> wrong_;  ///< the first value that makes no sense
};

}  // namespace cairn::cli
