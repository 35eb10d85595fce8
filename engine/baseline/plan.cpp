#include "baseline/plan.hpp"

#include <algorithm>

#include "baseline/vector_forms.hpp"
#include "interp/interp.hpp"

namespace cairn::engine::baseline {

using wasm::Op;

namespace {

/// A use counts eight times as much for each loop around it, up to this depth.
constexpr uint32_t depth_max = 8;
constexpr uint32_t locals_max = 2'000;

/// Registers that callees keep, and those that have to be saved around calls.
constexpr uint32_t saved_pins[] = {x86::Gp::kIdBx, x86::Gp::kIdR12, x86::Gp::kIdR14,
                                   x86::Gp::kIdR15};
constexpr uint32_t unsaved_pins[] = {x86::Gp::kIdR8, x86::Gp::kIdR9, x86::Gp::kIdR10};
constexpr uint32_t float_pins[] = {8, 9, 10, 11, 12, 13, 14};

class Planner {
 public:
  Planner(ImageWriter& image, uint32_t defined_index, Plan& plan)
      : image_(image), module_(image.module()), index_(defined_index), plan_(plan) {}

  void run() {
    plan_.locals.clear();
    plan_.unsaved.clear();
    plan_ = {.locals = std::move(plan_.locals), .unsaved = std::move(plan_.unsaved)};
    if (!add_locals() || !scan()) return;
    choose();
    plan_.eligible = true;
  }

 private:
  bool add_locals() {
    const Signature& own = image_.signature_of_function(module_.ast.imported_functions + index_);
    const wasm::Code& source = module_.ast.code[index_];
    for (const Kind kind : own.params) plan_.locals.push_back({.kind = kind});
    plan_.params = static_cast<uint32_t>(own.params.size());
    for (const wasm::LocalGroup& group : source.locals) {
      if (plan_.locals.size() + group.count > locals_max) return false;
      const Kind kind = kind_of(module_.types->canonical(group.type), module_.engine->types);
      plan_.locals.insert(plan_.locals.end(), group.count, {.kind = kind});
    }
    for (Local& local : plan_.locals) {
      local.slot = std::exchange(plan_.local_slots, plan_.local_slots + slots_of(local.kind));
      if (local.kind == Kind::ref) local.ref = plan_.ref_locals++;
    }
    plan_.refs = plan_.ref_locals > 0;
    return true;
  }

  void note_call(const Signature& callee) {
    plan_.calls = true;
    plan_.outgoing_words = std::max(plan_.outgoing_words, stack_words(callee.params));
    for (const Kind kind : callee.results) plan_.refs |= kind == Kind::ref;
    note_runtime_call();
  }
  void note_runtime_call() {
    plan_.leaf = false;
    calls_ += unit_;
  }

  bool scan() {
    const wasm::Code& source = module_.ast.code[index_];
    wasm::InstrDecoder decoder(source.body, wasm::Features::all());
    wasm::Instruction in;
    while (!decoder.at_end()) {
      CAIRN_ASSERT(decoder.step(in));
      if (!is_supported(in.op)) return false;
      note(in);
    }
    return true;
  }

  void note(const wasm::Instruction& in) {
    switch (in.op) {
      case Op::loop:
        if (depth_++ < depth_max) unit_ *= 8;
        loops_.push_back(true);
        return;
      case Op::try_:
      case Op::try_table:
        plan_.refs = true;  // what is caught
        loops_.push_back(false);
        return;
      case Op::block:
      case Op::if_: loops_.push_back(false); return;
      case Op::throw_: {
        const Signature& payload = image_.signature(module_.tag_type_index[in.index]);
        uint32_t slots = 0;
        for (const Kind kind : payload.params) slots += slots_of(kind);
        plan_.outgoing_words = std::max(plan_.outgoing_words, slots);
        return note_runtime_call();
      }
      case Op::throw_ref:
      case Op::rethrow: return note_runtime_call();
      case Op::delegate:
      case Op::end:
        if (loops_.empty()) return;
        if (loops_.back() && --depth_ < depth_max) unit_ /= 8;
        loops_.pop_back();
        return;
      case Op::local_get:
      case Op::local_set:
      case Op::local_tee: plan_.locals[in.index].weight += unit_; return;
      case Op::call: return note_call(image_.signature_of_function(in.index));
      case Op::call_indirect: return note_call(image_.signature(in.index));
      case Op::global_get:
        plan_.refs |=
            kind_of(module_.global_types[in.index].type, module_.engine->types) == Kind::ref;
        return;
      case Op::ref_null:  // a constant until it passes a label or `select`
        plan_.refs |= kind_of(module_.types->canonical(wasm::ValType::ref(in.heap, true)),
                              module_.engine->types) == Kind::ref;
        return;
      case Op::table_get:
        plan_.refs |=
            kind_of(module_.table_types[in.index].element, module_.engine->types) == Kind::ref;
        return;
      case Op::memory_grow:
      case Op::memory_init:
      case Op::memory_copy:
      case Op::memory_fill:
      case Op::data_drop:
      case Op::table_grow:
      case Op::table_init:
      case Op::table_copy:
      case Op::table_fill:
      case Op::elem_drop:
      case Op::ref_func: note_runtime_call(); return;
      default: break;
    }
    const wasm::Imm imm = wasm::info(in.op).imm;
    if (imm >= wasm::Imm::mem0 && imm <= wasm::Imm::mem3_lane)
      uses_memory_ |= is_guarded(module_, in.mem);
    if (is_vector_called(in.op, module_.engine->settings.deterministic)) {
      plan_.outgoing_words = std::max(plan_.outgoing_words, vector_call_words);
      note_runtime_call();
    }
  }

  /// The busiest locals get registers, as long as that costs less than it saves.
  void choose() {
    std::vector<uint32_t> saved(std::begin(saved_pins), std::end(saved_pins));
    std::vector<uint32_t> unsaved(std::begin(unsaved_pins), std::end(unsaved_pins));
    std::vector<uint32_t> floats(std::begin(float_pins), std::end(float_pins));
    if (uses_memory_) {
      std::vector<uint32_t>& from = plan_.leaf ? unsaved : saved;
      plan_.memory_base = static_cast<uint8_t>(from.back());
      plan_.pinned_gprs |= 1u << from.back();
      from.pop_back();
    }
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < plan_.locals.size(); ++i)
      if (plan_.locals[i].weight > 0 && plan_.locals[i].kind <= Kind::v128) order.push_back(i);
    std::ranges::sort(order, [&](uint32_t i, uint32_t j) {
      const uint64_t a = plan_.locals[i].weight, b = plan_.locals[j].weight;
      return a != b ? a > b : i < j;
    });
    const auto take = [](std::vector<uint32_t>& from) {
      const uint32_t id = from.front();
      from.erase(from.begin());
      return static_cast<uint8_t>(id);
    };
    // In memory a use costs about a third of what saving and restoring a register does.
    constexpr uint64_t pays = 3;
    for (const uint32_t i : order) {
      Local& local = plan_.locals[i];
      const bool outweighs_calls = local.weight > 2 * calls_;
      if (is_in_xmm(local.kind)) {
        if (floats.empty() || !outweighs_calls) continue;
        local.pin = take(floats);
        plan_.pinned_xmms |= 1u << local.pin;
        plan_.unsaved.push_back(i);
        continue;
      }
      if (plan_.leaf && !unsaved.empty())
        local.pin = take(unsaved);
      else if (!saved.empty() && local.weight > pays)
        local.pin = take(saved);
      else if (!unsaved.empty() && outweighs_calls)
        local.pin = take(unsaved);
      else
        continue;
      plan_.pinned_gprs |= 1u << local.pin;
      if (std::ranges::find(unsaved_pins, local.pin) != std::end(unsaved_pins))
        plan_.unsaved.push_back(i);
    }
  }

  ImageWriter& image_;
  const ModuleState& module_;
  const uint32_t index_;
  Plan& plan_;
  std::vector<bool> loops_;
  uint32_t depth_ = 0;  ///< loops around
  uint64_t unit_ = 1, calls_ = 0;
  bool uses_memory_ = false;
};

}  // namespace

bool is_supported(Op op) {
  const wasm::OpInfo& row = wasm::info(op);
  if (row.prefix == 0xFC)
    return op != Op::i64_add128 && op != Op::i64_sub128 && op != Op::i64_mul_wide_s &&
           op != Op::i64_mul_wide_u;
  if (row.prefix == 0xFD) return true;
  if (row.prefix != 0) return false;
  switch (op) {
    case Op::call_ref:
    case Op::return_call:
    case Op::return_call_indirect:
    case Op::return_call_ref:
    case Op::ref_eq:
    case Op::ref_as_non_null:
    case Op::br_on_null:
    case Op::br_on_non_null: return false;
    default: return true;
  }
}

bool is_guarded(const ModuleState& module, const wasm::MemArg& mem) {
  const wasm::MemoryType& type = module.memory_types[mem.memory];
  return mem.memory == 0 && mem.offset < guard_size && type.address == wasm::AddrType::i32 &&
         type.page_size_log2 == 16 && module.engine->guarded_memories;
}

void make_plan(ImageWriter& image, uint32_t defined_index, Plan& plan) {
  Planner(image, defined_index, plan).run();
}

}  // namespace cairn::engine::baseline
