// The frame of a binary component: preamble and sections (Binary.md, "Component Definitions").

#include <fmt/format.h>
#include <cairn/component/binary.hpp>
#include <cairn/wasm/binary.hpp>

#include <algorithm>
#include <functional>

#include "codec/component_reader.hpp"
#include "codec/preamble.hpp"

namespace cairn::component {

using namespace syntax;

namespace {

class ComponentDecoder {
 public:
  ComponentDecoder(ByteSpan bytes, uint64_t offset, const ReadOptions& options, uint32_t depth)
      : in_(bytes, offset, options), options_(options), depth_(depth) {}

  Result<Component> run() {
    if (depth_ > options_.limits.nesting) {
      return fail_at(ErrorKind::limit, in_.offset(),
                     fmt::format("components nest too deeply: the limit is {} levels",
                                 options_.limits.nesting));
    }
    TRY(preamble());
    while (!in_.at_end()) TRY(section());
    return std::move(component_);
  }

 private:
  Result<> preamble() {
    const uint64_t at = in_.offset();
    const ByteSpan first = TRY(in_.bytes(magic.size(), "the magic header"));
    if (!std::ranges::equal(first, magic)) {
      return fail_at(ErrorKind::malformed, at,
                     fmt::format("magic header not detected: expected {:02x}, found {:02x}",
                                 fmt::join(magic, " "), fmt::join(first, " ")));
    }
    const ByteSpan version = TRY(in_.bytes(component_version.size(), "the version"));
    if (std::ranges::equal(version, component_version)) return {};
    if (std::ranges::equal(version, module_version)) {
      return fail_at(ErrorKind::malformed, at + magic.size(),
                     "expected a version header for a component, found that of a core module "
                     "(`cairn component new` makes a component of one)");
    }
    return fail_at(ErrorKind::malformed, at + magic.size(),
                   fmt::format("unknown binary version: expected {:02x}, found {:02x}",
                               fmt::join(component_version, " "), fmt::join(version, " ")));
  }

  Result<> section() {
    const uint64_t at = in_.offset();
    const uint8_t id = TRY(in_.byte("a section id"));
    const bool is_value = id == static_cast<uint8_t>(SectionId::start) ||
                          id == static_cast<uint8_t>(SectionId::value);
    if (id >= section_count || (is_value && !in_.has(Feature::values))) {
      return fail_at(ErrorKind::malformed, at,
                     fmt::format("malformed section id: expected 0 to 12, found {}", id));
    }
    const uint32_t size = TRY(in_.u32("the size of a section"));
    const uint64_t offset = in_.offset();
    if (size > in_.left()) {
      return fail_at(ErrorKind::malformed, offset,
                     fmt::format("unexpected end-of-file: expected {} bytes of a section, found {}",
                                 size, in_.left()));
    }
    const ByteSpan bytes = TRY(in_.bytes(size, "a section"));
    ComponentReader content(bytes, offset, options_);
    TRY(content_of(static_cast<SectionId>(id), content, bytes));
    if (!content.at_end()) {
      return content.malformed(
          fmt::format("section size mismatch: {} bytes left in a section", content.left()));
    }
    return {};
  }

  Result<> content_of(SectionId id, ComponentReader& in, ByteSpan bytes) {
    switch (id) {
      case SectionId::custom: return custom(in);
      case SectionId::core_module: return core_module(in, bytes);
      case SectionId::component: return component(in, bytes);
      case SectionId::core_instance: return list(in, &ComponentReader::core_instance);
      case SectionId::core_type:
        return list(in, [this](ComponentReader& from) { return from.core_type(depth_); });
      case SectionId::instance: return list(in, &ComponentReader::instance);
      case SectionId::alias: return list(in, &ComponentReader::alias);
      case SectionId::type:
        return list(in, [this](ComponentReader& from) { return from.type(depth_); });
      case SectionId::canon: return list(in, &ComponentReader::canon);
      case SectionId::import: return list(in, import);
      case SectionId::export_: return list(in, export_);
      case SectionId::value: return list(in, value);
      case SectionId::start: {
        const Position at{in.offset()};
        return add(TRY(start(in)), at);
      }
    }
    return {};
  }

  Result<> add(Definition::What what, Position at) {
    component_.definitions.push_back({std::move(what), at});
    if (component_.definitions.size() <= options_.limits.definitions) return {};
    return wasm::over_limit(at.offset, "definitions", component_.definitions.size(),
                            options_.limits.definitions);
  }

  template <class Read>
  Result<> list(ComponentReader& in, Read read) {
    const uint32_t number = TRY(in.count("definitions", options_.limits.definitions));
    for (uint32_t i = 0; i < number; ++i) {
      const Position at{in.offset()};
      TRY(add(TRY(std::invoke(read, in)), at));
    }
    return {};
  }

  Result<> custom(ComponentReader& in) {
    const Position at{in.offset()};
    Custom section{.name = TRY(in.name("the name of a custom section")), .payload = {}};
    const ByteSpan payload = TRY(in.bytes(in.left(), "a custom section"));
    section.payload.assign(payload.begin(), payload.end());
    return add(std::move(section), at);
  }

  Result<> core_module(ComponentReader& in, ByteSpan bytes) {
    const Position at{in.offset()};
    const bool is_other = bytes.size() >= 8 && std::ranges::equal(bytes.first(4), magic) &&
                          std::ranges::equal(bytes.subspan(4, 4), component_version);
    if (is_other) {
      return fail_at(ErrorKind::malformed, at.offset + magic.size(),
                     "expected a version header for a module, found one for a component");
    }
    Result<wasm::Module> module = wasm::decode(Bytes(bytes.begin(), bytes.end()),
                                               options_.core_features, options_.limits.core);
    if (!module) {
      Error error = std::move(module).error();
      if (error.offset) *error.offset += at.offset;
      return std::unexpected(std::move(error));
    }
    TRY(in.bytes(bytes.size(), "a core module"));
    if (++modules_ > options_.limits.modules) {
      return wasm::over_limit(at.offset, "core modules", modules_, options_.limits.modules);
    }
    return add(CoreModule{std::make_shared<const wasm::Module>(*std::move(module))}, at);
  }

  Result<> component(ComponentReader& in, ByteSpan bytes) {
    const Position at{in.offset()};
    Component nested = TRY(ComponentDecoder(bytes, at.offset, options_, depth_ + 1).run());
    TRY(in.bytes(bytes.size(), "a component"));
    if (++components_ > options_.limits.components) {
      return wasm::over_limit(at.offset, "components", components_, options_.limits.components);
    }
    return add(NestedComponent{std::make_shared<const Component>(std::move(nested))}, at);
  }

  static Result<Import> import(ComponentReader& in) {
    ExternName name = TRY(in.extern_name());
    return Import{std::move(name), TRY(in.extern_desc())};
  }

  static Result<Export> export_(ComponentReader& in) {
    Export item{.name = TRY(in.extern_name()), .item = {}, .desc = {}};
    item.item = TRY(in.sort_index());
    if (TRY(in.presence("optional component export type"))) item.desc = TRY(in.extern_desc());
    return item;
  }

  static Result<Value> value(ComponentReader& in) {
    Value value{.type = TRY(in.component_val_type()), .bytes = {}};
    const ByteSpan bytes = TRY(in.byte_list("a value"));
    const uint32_t limit = in.component_limits().value_bytes;
    if (bytes.size() > limit) {
      return wasm::over_limit(in.offset(), "bytes in a value", bytes.size(), limit);
    }
    value.bytes.assign(bytes.begin(), bytes.end());
    return value;
  }

  static Result<Start> start(ComponentReader& in) {
    Start start{.func = TRY(in.u32("a function index")), .args = {}};
    const uint32_t number = TRY(in.count("arguments", in.component_limits().params));
    for (uint32_t i = 0; i < number; ++i) start.args.push_back(TRY(in.u32("a value index")));
    start.results = TRY(in.u32("the number of results"));
    return start;
  }

  ComponentReader in_;
  const ReadOptions& options_;
  uint32_t depth_;
  uint32_t modules_ = 0, components_ = 0;
  Component component_;
};

}  // namespace

bool is_component(ByteSpan bytes) {
  return bytes.size() >= 8 && std::ranges::equal(bytes.first(4), magic) && bytes[6] == 1;
}

Result<Component> decode(ByteSpan bytes, const ReadOptions& options) {
  if (bytes.size() > options.limits.component_bytes) {
    return wasm::over_limit(0, "bytes", bytes.size(), options.limits.component_bytes);
  }
  return ComponentDecoder(bytes, 0, options, 0).run();
}

}  // namespace cairn::component
