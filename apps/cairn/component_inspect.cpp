// `cairn component inspect`: what is in a component, where, and how large.

#include <fmt/format.h>
#include <cairn/component/tools.hpp>

#include <nlohmann/json.hpp>

#include "component.hpp"
#include "component_input.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using namespace component;
using nlohmann::json;
using tools::ComponentSection;

struct Extern {
  std::string sort, name;
};

struct Overview {
  std::vector<Extern> imports, exports;
  std::vector<tools::Producer> producers;
};

Overview overview_of(const syntax::Component& component) {
  Overview overview;
  for (const syntax::Definition& definition : component.definitions) {
    if (const auto* import = std::get_if<syntax::Import>(&definition.what)) {
      overview.imports.push_back({std::string(to_string(import->desc.sort())), import->name.name});
    } else if (const auto* exported = std::get_if<syntax::Export>(&definition.what)) {
      overview.exports.push_back(
          {std::string(to_string(exported->item.sort)), exported->name.name});
    } else if (const auto* custom = std::get_if<syntax::Custom>(&definition.what)) {
      if (custom->name == "producers") overview.producers = tools::read_producers(custom->payload);
    }
  }
  return overview;
}

std::string section_lines(const std::vector<ComponentSection>& sections, size_t indent) {
  std::string text;
  for (const ComponentSection& section : sections) {
    const std::string count = section.count == 0 ? "" : fmt::format(" ({})", section.count);
    text += fmt::format("{:>#10x} {:>10}  {}{}{}\n", section.offset, section.size,
                        std::string(indent * 2, ' '), printable(section.kind), count);
    text += section_lines(section.inside, indent + 1);
  }
  return text;
}

std::string extern_lines(std::string_view title, const std::vector<Extern>& externs) {
  std::string text = styled(stdout, Style::bold, fmt::format("{} ({})", title, externs.size()));
  text += "\n";
  for (const Extern& each : externs) {
    text += fmt::format("  {:<9} {}\n", each.sort, printable(each.name));
  }
  return text;
}

std::string as_text(const Bytes& bytes, const Overview& overview) {
  std::string text = fmt::format("component, {} bytes\n\n", bytes.size());
  text += extern_lines("imports", overview.imports) + "\n";
  text += extern_lines("exports", overview.exports) + "\n";
  if (!overview.producers.empty()) {
    text += styled(stdout, Style::bold, "producers") + "\n";
    for (const tools::Producer& each : overview.producers) {
      text += fmt::format("  {} {} {}\n", printable(each.field), printable(each.name),
                          printable(each.version));
    }
    text += "\n";
  }
  text += styled(stdout, Style::bold, "    offset       size  section") + "\n";
  return text + section_lines(tools::list_sections(bytes), 0);
}

json to_json(const std::vector<ComponentSection>& sections) {
  json list = json::array();
  for (const ComponentSection& section : sections) {
    json entry = {{"kind", section.kind}, {"offset", section.offset}, {"size", section.size}};
    if (section.count != 0) entry["count"] = section.count;
    if (!section.inside.empty()) entry["inside"] = to_json(section.inside);
    list.push_back(std::move(entry));
  }
  return list;
}

json to_json(const std::vector<Extern>& externs) {
  json list = json::array();
  for (const Extern& each : externs) list.push_back({{"sort", each.sort}, {"name", each.name}});
  return list;
}

std::string as_json(const Bytes& bytes, const Overview& overview) {
  json producers = json::array();
  for (const tools::Producer& each : overview.producers) {
    producers.push_back({{"field", each.field}, {"name", each.name}, {"version", each.version}});
  }
  const json document = {{"bytes", bytes.size()},
                         {"imports", to_json(overview.imports)},
                         {"exports", to_json(overview.exports)},
                         {"producers", producers},
                         {"sections", to_json(tools::list_sections(bytes))}};
  // What is no UTF-8 in a name of a custom section is replaced.
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

int component_inspect_command(Args args) {
  Parser parser("component inspect", "[OPTIONS] COMPONENT",
                "Show what a component imports and exports, its sections with their sizes, the "
                "components and modules inside, and who made it.");
  std::string path;
  bool json_output = false;
  parser
      ->add_option("COMPONENT", path, "The component, in binary or text form; - is standard input")
      ->required()
      ->type_name("");
  parser->add_flag("--json", json_output, "All of it, as one JSON document");
  parser.footer("See `cairn component wit` for the types, and `cairn inspect` for core modules.");
  if (const auto code = parser.parse(args)) return *code;
  const std::optional<ComponentInput> input = read_component(path);
  if (!input) return exit_failure;
  const Overview overview = overview_of(*input->component);
  const std::string text =
      json_output ? as_json(input->bytes, overview) : as_text(input->bytes, overview);
  return write_output("-", cairn::as_bytes(text)) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
