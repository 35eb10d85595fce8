// Finds the handler of an instruction that has operands and result in slots.

#include "interp/handlers.hpp"

namespace cairn::engine {

Handler plain_handler(wasm::Op op) {
  switch (wasm::info(op).prefix) {
    case 0xFB: {
      const Handler handler = plain_gc_handler(op);
      return handler ? handler : plain_reference_handler(op);
    }
    case 0xFD: {
      const Handler handler = plain_vector_handler(op);
      return handler ? handler : checked_vector_handler(op);
    }
    case 0xFE: return plain_atomic_handler(op);
    default: break;
  }
  if (const Handler handler = plain_bulk_handler(op)) return handler;
  if (const Handler handler = plain_reference_handler(op)) return handler;
  return plain_wide_handler(op);
}

}  // namespace cairn::engine
