#include "api_command.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr const char* default_server = "http://127.0.0.1:8080";

}  // namespace

ApiCommand::ApiCommand(std::string name, std::string_view usage, std::string summary)
    : name_(name), parser_(std::move(name), usage, std::move(summary)) {}

void ApiCommand::add_name(std::string& value, const std::string& name, const std::string& help) {
  parser_->add_option(name, value, help)->required()->type_name("");
}

void ApiCommand::add_count(const std::string& name, std::optional<uint64_t>& value,
                           const std::string& help) {
  parser_
      ->add_option_function<std::string>(
          name,
          [this, &value, name](const std::string& text) {
            const Result<uint64_t> count =
                parse_count(name.substr(name.rfind(',') + 1), text, UINT64_MAX);
            if (count) value = *count;
            if (!count && !wrong_) wrong_ = count.error();
          },
          help)
      ->type_name("N");
}

std::optional<int> ApiCommand::parse(Args args) {
  add_text(parser_.app(), "--server", server_,
           "Where `cairn serve` listens (CAIRN_SERVER, else http://127.0.0.1:8080)")
      ->type_name("URL");
  parser_->add_option("-o,--output", output_, "How to print what comes: table or json")
      ->type_name("table|json");
  if (const auto code = parser_.parse(args)) return code;
  if (const Result<> taken = take(); !taken) return usage_error(name_, taken.error().message);
  return std::nullopt;
}

Result<> ApiCommand::take() {
  if (wrong_) return std::unexpected(*wrong_);
  if (output_ != "table" && output_ != "json")
    return fail(ErrorKind::usage, fmt::format("-o is table or json, not '{}'", output_));
  const char* const named = std::getenv("CAIRN_SERVER");
  const std::string ours = named != nullptr && *named != 0 ? named : default_server;
  client_.emplace(TRY(HttpUrl::parse(server_.value_or(ours))));
  return {};
}

int ApiCommand::end(const Result<>& done) const {
  if (done) return exit_ok;
  print_error(done.error());
  if (done.error().kind == ErrorKind::io) {
    print_hint(fmt::format("is there a `cairn serve` at {}?", client_->server().to_string()));
  }
  return exit_failure;
}

void ApiCommand::print(const Json& document, const std::string& text) const {
  if (!json()) return write(stdout, text);
  write_foreign(stdout, to_text(document, 2) + "\n");
}

}  // namespace cairn::cli
