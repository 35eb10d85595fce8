#pragma once
/// Binary modules put together by hand, for tests.

#include <cairn/base/bytes.hpp>
#include <cairn/base/leb128.hpp>
#include <cairn/wasm/module.hpp>

#include <initializer_list>
#include <string_view>

namespace cairn::wasm::testing {

inline Bytes concat(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) append(out, part);
  return out;
}

inline Bytes leb(uint64_t value) {
  Bytes out;
  append_unsigned_leb(out, value);
  return out;
}

/// A length and the bytes.
inline Bytes sized(const Bytes& content) { return concat({leb(content.size()), content}); }

inline Bytes name(std::string_view text) { return sized(Bytes(text.begin(), text.end())); }

inline Bytes section(SectionId id, const Bytes& content) {
  return concat({{static_cast<uint8_t>(id)}, sized(content)});
}

inline Bytes custom(std::string_view title, const Bytes& payload = {}) {
  return section(SectionId::custom, concat({name(title), payload}));
}

inline const Bytes header = {0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00};

inline Bytes module_of(std::initializer_list<Bytes> sections) {
  return concat({header, concat(sections)});
}

/// `count` times the same bytes, behind that count.
inline Bytes list_of(uint32_t count, const Bytes& item) {
  Bytes out = leb(count);
  for (uint32_t i = 0; i < count; ++i) append(out, item);
  return out;
}

inline const Bytes empty_func_type = {0x60, 0x00, 0x00};

/// A module with one function without parameters or results; `body` has its locals and code.
inline Bytes module_with_body(const Bytes& body) {
  return module_of({section(SectionId::type, list_of(1, empty_func_type)),
                    section(SectionId::function, list_of(1, {0x00})),
                    section(SectionId::code, list_of(1, sized(body)))});
}

}  // namespace cairn::wasm::testing
