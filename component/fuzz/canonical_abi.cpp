// Guests that lie: the input is the memory of a component and the numbers that it returns, which
// are then lifted as a value of every kind, and sent back. Whatever they are, there is a value or a
// trap.

#include <cairn/component/linker.hpp>

namespace {

using namespace cairn;

/// Functions with results of many types; each returns an address that the input gives.
constexpr std::string_view text = R"((component
  (core module $M (memory (export "mem") 1)
    (global $at (mut i32) (i32.const 0)) (global $top (mut i32) (i32.const 32768))
    (func (export "set") (param i32) (global.set $at (local.get 0)))
    (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "get") (result i32) (global.get $at))
    (func (export "take") (param i32 i32) (result i32)
      (i32.store (i32.const 65000) (local.get 0)) (i32.store (i32.const 65004) (local.get 1))
      (i32.const 65000))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.add (global.get $top) (i32.and (global.get $at) (i32.const 7)))))
  (core instance $m (instantiate $M))
  (alias core export $m "mem" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
  (func (export "set") (param "a" u32) (canon lift (core func $m "set")))
  (func (export "poke") (param "a" u32) (param "b" u32) (canon lift (core func $m "poke")))
  (func (export "r0") (result string) (canon lift (core func $m "get") (memory $mem)))
  (func (export "r1") (result string)
    (canon lift (core func $m "get") (memory $mem) string-encoding=utf16))
  (func (export "r2") (result string)
    (canon lift (core func $m "get") (memory $mem) string-encoding=latin1+utf16))
  (func (export "r3") (result (list char)) (canon lift (core func $m "get") (memory $mem)))
  (func (export "r4") (result (list (option string)))
    (canon lift (core func $m "get") (memory $mem)))
  (func (export "r5") (result (tuple u8 (list u64) (result f64 (error (list s16)))))
    (canon lift (core func $m "get") (memory $mem)))
  (func (export "t0") (param "s" string) (result string)
    (canon lift (core func $m "take") (memory $mem) (realloc $realloc)))
  (func (export "t1") (param "s" string) (result string)
    (canon lift (core func $m "take") (memory $mem) (realloc $realloc) string-encoding=utf16))
  (func (export "t2") (param "s" string) (result string)
    (canon lift (core func $m "take") (memory $mem) (realloc $realloc)
      string-encoding=latin1+utf16))))";

struct World {
  engine::Engine engine;
  component::Component component = *component::Component::load_text(engine, text);
  component::ComponentPre prepared = *component::ComponentLinker(engine).prepare(component);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using component::Value;
  static World world;
  if (size < 8 || size > 4096) return 0;
  const uint32_t at = load_le<uint32_t>(data);
  const ByteSpan memory(data + 4, size - 4);
  for (const std::string_view name : {"r0", "r1", "r2", "r3", "r4", "r5", "t0", "t1", "t2"}) {
    component::Store store(world.engine);
    const component::Instance instance = *world.prepared.instantiate(store);
    const Value address[] = {Value::number(uint64_t{at & 0xffff})};
    CAIRN_ASSERT(instance.func("set").call(store, address));
    for (size_t i = 0; i < memory.size(); ++i) {
      const Value byte[] = {Value::number(uint64_t{(at & 0xff00) + i} & 0xffff),
                            Value::number(uint64_t{memory[i]})};
      CAIRN_ASSERT(instance.func("poke").call(store, byte));
    }
    const component::Func func = instance.func(name);
    std::vector<Value> args;
    const std::string_view string = as_text(memory);
    if (!func.type().params.empty()) args.push_back(Value::string(std::string(string)));
    const auto result = func.call(store, args);
    if (!result) {
      CAIRN_ASSERT(result.error().kind == ErrorKind::trap ||
                   result.error().kind == ErrorKind::usage);
    } else if (!args.empty()) {
      CAIRN_ASSERT(result->front().is_string());
    }
  }
  return 0;
}
