// Any bytes as what a store's memories and globals have become: an error, or a store whose
// difference makes another one the same.

#include <cairn/engine/engine.hpp>
#include <cairn/engine/image.hpp>

using namespace cairn;
using namespace cairn::engine;

namespace {

constexpr std::string_view source = R"((module
  (memory 1 4) (data (i32.const 4090) "0123456789")
  (memory 0 2)
  (global (mut i32) (i32.const 1)) (global (mut f64) (f64.const 2)) (global i64 (i64.const 3))))";

struct Guest {
  explicit Guest(Engine& engine, const Module& module) : store(engine) {
    CAIRN_ASSERT(store.instantiate(module, {}).has_value());
  }
  Store store;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Engine engine;
  static const Module module = *engine.load_text(source);
  static Guest untouched(engine, module);
  static const StoreImage fresh = *StoreImage::take(untouched.store);
  Guest first(engine, module);
  if (!fresh.apply(first.store, ByteSpan(data, size))) return 0;
  const Bytes difference = *fresh.difference(first.store);
  Guest second(engine, module);
  CAIRN_ASSERT(fresh.apply(second.store, difference).has_value());
  CAIRN_ASSERT(*fresh.difference(second.store) == difference);
  // A memory that has grown cannot be what it was.
  if (fresh.renew(second.store))
    CAIRN_ASSERT(*fresh.difference(second.store) == *fresh.difference(untouched.store));
  return 0;
}
