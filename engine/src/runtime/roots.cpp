#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

void visit_table(const TableInst& table, RootVisitor& visitor) {
  if (!table.heap_refs) return;
  for (uint64_t i = 0; i < table.size; ++i) visitor.visit(table.elements[i]);
}

void visit_global(const GlobalInst& global, const wasm::TypeRegistry& types, RootVisitor& visitor) {
  if (is_heap_ref(types, global.type.type)) visitor.visit(global.slots[0]);
}

}  // namespace

void visit_instance(InstanceData& instance, RootVisitor& visitor) {
  const ModuleState& module = *instance.module;
  const wasm::TypeRegistry& types = module.engine->types;
  for (uint32_t i = 0; i < module.ast.globals.size(); ++i) {
    visit_global(instance.own_globals[i], types, visitor);
  }
  for (uint32_t i = 0; i < instance.made_tables; ++i) visit_table(instance.own_tables[i], visitor);
  for (uint32_t i = 0; i < module.ast.elems.size(); ++i) {
    if (!instance.elem_refs[i]) continue;
    const wasm::Elem& elem = module.ast.elems[i];
    if (!is_heap_ref(types, module.types->canonical(elem.type))) continue;
    for (size_t k = 0; k < elem.exprs.size(); ++k) visitor.visit(instance.elem_refs[i][k]);
  }
}

void visit_host_items(HostItems& items, const wasm::TypeRegistry& types, RootVisitor& visitor) {
  for (const auto& table : items.tables) visit_table(*table, visitor);
  for (const auto& global : items.globals) visit_global(*global, types, visitor);
}

LocalRoots::LocalRoots(StoreData& store) : store_(store), next_(store.local_roots) {
  store.local_roots = this;
}

LocalRoots::~LocalRoots() { store_.local_roots = next_; }

void LocalRoots::visit(RootVisitor& visitor) const {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (is_ref_[i] != 0) visitor.visit(slots_[i]);
  }
}

uint32_t RootTable::add(uint64_t ref, bool is_object) {
  const Entry entry{.ref = ref, .is_object = is_object};
  if (first_free_ == none) {
    entries_.push_back(entry);
    return static_cast<uint32_t>(entries_.size() - 1);
  }
  const uint32_t index = first_free_;
  first_free_ = entries_[index].next_free;
  entries_[index] = entry;
  return index;
}

void RootTable::remove(uint32_t index) {
  entries_[index] = {.next_free = first_free_};
  first_free_ = index;
}

void RootTable::visit(RootVisitor& visitor) const {
  for (const Entry& entry : entries_) {
    if (entry.is_object) visitor.visit(entry.ref);
  }
}

Root::Root(Store& store, Ref ref) : store_(store.data()) {
  const bool is_object = store_->heap && store_->heap->owns(ref.bits);
  index_ = store_->roots.add(ref.bits, is_object);
}

Root::Root(Root&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)), index_(other.index_) {}

Root& Root::operator=(Root&& other) noexcept {
  std::swap(store_, other.store_);
  std::swap(index_, other.index_);
  return *this;
}

Root::~Root() {
  if (store_) store_->roots.remove(index_);
}

Ref Root::get() const { return store_ ? Ref{store_->roots.get(index_)} : Ref{}; }

}  // namespace cairn::engine
