#include "tools/indirection.hpp"

#include <fmt/format.h>
#include <cairn/base/result.hpp>
#include <cairn/wasm/text.hpp>

namespace cairn::component::tools {
namespace {

std::string typeuse(const wasm::FuncType& type) {
  std::string text;
  for (const wasm::ValType param : type.params) {
    text += fmt::format(" (param {})", wasm::to_string(param));
  }
  for (const wasm::ValType result : type.results) {
    text += fmt::format(" (result {})", wasm::to_string(result));
  }
  return text;
}

SharedModule parsed(const std::string& text) {
  Result<wasm::Module> module = wasm::parse_text(text);
  CAIRN_ASSERT(module.has_value());
  std::erase_if(module->customs,
                [](const wasm::CustomSection& section) { return section.name == "name"; });
  return std::make_shared<const wasm::Module>(*std::move(module));
}

constexpr std::string_view bridge_text = R"((module
  (import "main" "memory" (memory $guest 0))
  (memory $own (export "memory") {})
  (global $free (mut i32) (i32.const 0))
  (func (export "arena") (param $start i32) (global.set $free (local.get $start)))
  (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32)
      (param $size i32) (result i32)
    (local $at i32) (local $end i32)
    (local.set $at (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    (if (i32.lt_u (local.get $end) (local.get $at)) (then unreachable))
    (if (i64.gt_u (i64.extend_i32_u (local.get $end))
          (i64.shl (i64.extend_i32_u (memory.size $own)) (i64.const 16)))
      (then (if (i32.eq (i32.const -1) (memory.grow $own (i32.add (i32.const 1) (i32.sub
              (i32.shr_u (local.get $end) (i32.const 16)) (memory.size $own)))))
        (then unreachable))))
    (if (local.get $old_size) (then (memory.copy $own $own (local.get $at) (local.get $old)
      (select (local.get $old_size) (local.get $size)
        (i32.lt_u (local.get $old_size) (local.get $size))))))
    (global.set $free (local.get $end))
    (local.get $at))
  (func (export "pages") (result i32) (memory.size $guest))
  (func (export "get") (param $to i32) (param $from i32) (param $size i32)
    (memory.copy $own $guest (local.get $to) (local.get $from) (local.get $size)))
  (func (export "put") (param $to i32) (param $from i32) (param $size i32)
    (memory.copy $guest $own (local.get $to) (local.get $from) (local.get $size)))
  (func (export "get32") (param $at i32) (result i32) (i32.load $guest (local.get $at)))
  (func (export "put32") (param $at i32) (param $value i32)
    (i32.store $guest (local.get $at) (local.get $value)))
  (func (export "put64") (param $at i32) (param $value i64)
    (i64.store $guest (local.get $at) (local.get $value))))
)";

}  // namespace

SharedModule make_shim(std::span<const wasm::FuncType> types) {
  std::string text =
      fmt::format("(module (table $imports (export \"$imports\") {0} {0} funcref)\n", types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    text += fmt::format("(func (export \"{}\"){}", i, typeuse(types[i]));
    for (size_t param = 0; param < types[i].params.size(); ++param) {
      text += fmt::format(" local.get {}", param);
    }
    text += fmt::format(" i32.const {} call_indirect $imports{})\n", i, typeuse(types[i]));
  }
  return parsed(text + ")");
}

SharedModule make_fixup(std::span<const wasm::FuncType> types, bool initialize) {
  std::string text = "(module\n", entries;
  if (initialize) text += "(import \"\" \"_initialize\" (func $initialize))\n";
  for (size_t i = 0; i < types.size(); ++i) {
    text += fmt::format("(import \"\" \"{0}\" (func $f{0}{1}))\n", i, typeuse(types[i]));
    entries += fmt::format(" $f{}", i);
  }
  if (!types.empty()) {
    text += fmt::format("(import \"\" \"$imports\" (table {0} {0} funcref))\n", types.size());
    text += fmt::format("(elem (i32.const 0) func{})\n", entries);
  }
  if (initialize) text += "(start $initialize)\n";
  return parsed(text + ")");
}

SharedModule make_trap(const wasm::FuncType& type) {
  return parsed(fmt::format("(module (func (export \"trap\"){} unreachable))", typeuse(type)));
}

SharedModule make_bridge(uint64_t pages) { return parsed(fmt::format(bridge_text, pages)); }

}  // namespace cairn::component::tools
