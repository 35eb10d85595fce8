#pragma once
/// What `cairn new` writes: projects that build with one command.

#include <span>
#include <string_view>

namespace cairn::cli {

/// A file of a project. "@NAME@" in the text is the project's name in kebab case, "@ID@" the same
/// as an identifier.
struct TemplateFile {
  std::string_view path;
  std::string_view text;
};

struct Template {
  std::string_view name;
  std::string_view summary;
  std::span<const TemplateFile> files;
};

/// The files of the one that serves HTTP.
std::span<const TemplateFile> http_template_files();

/// The files of an actor.
std::span<const TemplateFile> actor_template_files();

/// The files of the command for WASI 0.3.
std::span<const TemplateFile> async_template_files();

/// All of them, in the order of the help text.
std::span<const Template> project_templates();

}  // namespace cairn::cli
