// `cairn new`: starts a project.

#include <fmt/format.h>
#include <cairn/component/names.hpp>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "templates.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

/// As a shell reads it again.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._/+@").contains(c) || static_cast<unsigned char>(c) >= 0x80;
  };
  if (std::ranges::all_of(text, is_plain)) return text;
  std::string made = "'";
  for (const char c : text) made += c == '\'' ? "'\\''" : std::string(1, c);
  return made + "'";
}

/// "My App_2" → "my-app-2": what WIT can name.
std::string project_name(const fs::path& folder) {
  std::string name;
  for (const char c : folder.filename().string()) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (letter) name += static_cast<char>(c | 0x20);
    if (digit && !name.empty()) name += c;
    if (!letter && !digit && !name.empty() && name.back() != '-') name += '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return component::is_label(name) ? name : "app";
}

std::string filled_in(std::string_view text, const std::string& name) {
  std::string id = name;
  std::ranges::replace(id, '-', '_');
  const std::pair<std::string_view, std::string_view> words[] = {
      {"@NAME@", name}, {"@ID@", id}, {"@TAB@", "\t"}};
  std::string out;
  while (!text.empty()) {
    const auto found =
        std::ranges::find_if(words, [&](const auto& word) { return text.starts_with(word.first); });
    const bool is_word = found != std::end(words);
    out += is_word ? found->second : text.substr(0, 1);
    text.remove_prefix(is_word ? found->first.size() : 1);
  }
  return out;
}

std::string template_lines() {
  std::string text = "Templates:\n";
  for (const Template& each : project_templates()) {
    text += fmt::format("  {:<12} {}\n", each.name, each.summary);
  }
  return text;
}

bool write_files(const Template& chosen, const fs::path& folder, const std::string& name) {
  for (const TemplateFile& file : chosen.files) {
    const fs::path path = folder / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      print_error(fmt::format("{}: {}", path.parent_path().string(), error.message()));
      return false;
    }
    if (!write_output(path.string(), as_bytes(filled_in(file.text, name)))) return false;
  }
  return true;
}

}  // namespace

int new_command(Args args) {
  Parser parser("new", "[OPTIONS] FOLDER", "Start a project that builds with one command.");
  std::string folder, template_name = "c";
  parser->add_option("FOLDER", folder, "Where; it must not exist, or be empty")
      ->required()
      ->type_name("");
  parser->add_option("-t,--template", template_name, "Which template (default: c)")
      ->type_name("NAME");
  parser.footer(template_lines() +
                "\nExample:\n  cairn new --template cpp hello && make -C hello run");
  if (const auto code = parser.parse(args)) return *code;
  if (folder.empty()) return usage_error("new", "FOLDER is empty");
  const auto chosen = std::ranges::find(project_templates(), template_name, &Template::name);
  if (chosen == project_templates().end()) {
    std::vector<std::string_view> known;
    for (const Template& each : project_templates()) known.push_back(each.name);
    return usage_error("new", fmt::format("there is no template '{}', but: {}", template_name,
                                          fmt::join(known, ", ")));
  }
  std::error_code error;
  const fs::path path = fs::path(folder).lexically_normal();
  if (fs::exists(path, error) && !fs::is_empty(path, error)) {
    print_error(folder + ": there is something already");
    return exit_failure;
  }
  const fs::path named = path.has_filename() ? path : path.parent_path();
  const std::string name = project_name(fs::absolute(named, error).lexically_normal());
  if (!write_files(*chosen, path, name)) return exit_failure;
  write(stdout, fmt::format("{} is there: `make -C {}` builds it\n", printable(name),
                            printable(shell_word(folder))));
  return exit_ok;
}

}  // namespace cairn::cli
