// Canonical types by hash-consing of recursive groups. Inside a group, references to its own types
// are written as places in the group and all others as canonical ids; two groups are equal under
// iso-recursive equivalence exactly when that form is.

#include <fmt/format.h>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/type_registry.hpp>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "types/matching.hpp"
#include "types/type_group.hpp"
#include "types/type_store.hpp"

namespace cairn::wasm {

namespace {

/// Marks a place in the group in the form that groups are compared in; ids have 28 bits.
constexpr uint32_t in_group_bit = HeapType::concrete_bit / 2;

std::unexpected<Error> invalid_type(uint32_t index, std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("type {}: {}", index, what));
}

}  // namespace

struct TypeRegistry::State {
  std::mutex mutex;
  TypeStore store;
  std::unordered_map<std::span<const uint32_t>, std::unique_ptr<TypeGroup>, KeyHash, KeyEqual>
      groups;

  /// Finds or makes the group of these types, whose indices `outside` maps to canonical ids unless
  /// they are at or above `first`. The caller gets a reference on the group. A new group is
  /// validated by `check` before it becomes visible.
  template <class Check>
  Result<TypeGroup*> intern(std::span<const SubType> types, uint32_t first, const IndexMap& outside,
                            const Check& check);
  void install(TypeGroup& group, std::span<const SubType> types, uint32_t first,
               const IndexMap& outside);
  void release(TypeGroup* group);
  void uninstall(TypeGroup& group);
};

namespace {

/// Where every module's types are: its ids, and the groups that it keeps alive.
template <class State>
class GroupHandle final : public TypeRegistry::Handle {
 public:
  explicit GroupHandle(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~GroupHandle() override {
    const std::scoped_lock lock(state_->mutex);
    for (TypeGroup* group : groups_) state_->release(group);
  }
  GroupHandle(const GroupHandle&) = delete;
  GroupHandle& operator=(const GroupHandle&) = delete;

  /// Takes over the caller's reference.
  void append(TypeGroup* group) {
    groups_.push_back(group);
    ids_.insert(ids_.end(), group->ids.begin(), group->ids.end());
  }
  TypeId id(uint32_t index) const { return ids_[index]; }

 private:
  std::shared_ptr<State> state_;
  std::vector<TypeGroup*> groups_;
};

/// What the spec demands of indices before a type means anything: in range, at most one supertype,
/// which comes before the type (spec: Validation > Types > Recursive Types). `outer_depth` gives
/// the number of supertypes of a type of an earlier group.
template <class Depth>
Result<> check_indices(const Module& module, const RecGroup& group, const Depth& outer_depth) {
  constexpr uint32_t depth_max = ImplementationLimits{}.subtype_depth;
  const uint32_t end = group.first + group.count;
  std::vector<uint32_t> depths(group.count, 0);
  for (uint32_t index = group.first; index < end; ++index) {
    const SubType& type = module.types[index];
    if (type.supertypes.size() > 1) {
      return invalid_type(index, fmt::format("sub type: expected at most one super type, found {}",
                                             type.supertypes.size()));
    }
    if (!type.supertypes.empty() && type.supertypes[0] >= index) {
      return invalid_type(
          index, fmt::format("unknown type {}: a super type must come before", type.supertypes[0]));
    }
    if (!type.supertypes.empty()) {
      const uint32_t super = type.supertypes[0];
      const uint32_t depth =
          1 + (super < group.first ? outer_depth(super) : depths[super - group.first]);
      if (depth > depth_max) {
        return fail(ErrorKind::limit,
                    fmt::format("type {}: too many super types: {}, the limit is {}", index, depth,
                                depth_max));
      }
      depths[index - group.first] = depth;
    }
    uint32_t unknown = 0;
    for_each_index(type, [&](uint32_t used) {
      if (used >= end) unknown = used;
    });
    if (unknown != 0) return invalid_type(index, fmt::format("unknown type {}", unknown));
  }
  return {};
}

}  // namespace

TypeRegistry::TypeRegistry() : state_(std::make_shared<State>()) {}
TypeRegistry::~TypeRegistry() = default;

const CanonicalType& TypeRegistry::get(TypeId id) const { return state_->store.slot(id).type; }

template <class Check>
Result<TypeGroup*> TypeRegistry::State::intern(std::span<const SubType> types, uint32_t first,
                                               const IndexMap& outside, const Check& check) {
  std::vector<uint32_t> key;
  const IndexMap to_key = [&](uint32_t index) {
    return index >= first ? in_group_bit | (index - first) : outside(index);
  };
  for (const SubType& type : types) append_key(key, type, to_key);
  if (const auto found = groups.find(key); found != groups.end()) {
    ++found->second->references;
    return found->second.get();
  }
  if (types.size() > store.available()) return fail(ErrorKind::limit, "too many types");
  auto group = std::make_unique<TypeGroup>();
  group->key = std::move(key);
  install(*group, types, first, outside);
  if (Result<> valid = check(*group); !valid) {
    uninstall(*group);
    return std::unexpected(std::move(valid).error());
  }
  for (TypeGroup* used : group->uses) ++used->references;
  group->references = 1;
  TypeGroup* const made = group.get();
  groups.emplace(std::span<const uint32_t>(made->key), std::move(group));
  return made;
}

void TypeRegistry::State::install(TypeGroup& group, std::span<const SubType> types, uint32_t first,
                                  const IndexMap& outside) {
  group.ids.reserve(types.size());
  for (size_t i = 0; i < types.size(); ++i) group.ids.push_back(store.allocate());
  const IndexMap to_id = [&](uint32_t index) {
    if (index >= first) return group.ids[index - first];
    const TypeId id = outside(index);
    group.uses.push_back(store.slot(id).group);
    return id;
  };
  for (size_t i = 0; i < types.size(); ++i) {
    TypeSlot& slot = store.slot(group.ids[i]);
    slot.group = &group;
    slot.type.type = with_indices(types[i], to_id);
    slot.type.supertypes.clear();
    if (!slot.type.type.supertypes.empty()) {
      slot.type.supertypes = store.slot(slot.type.type.supertypes[0]).type.supertypes;
    }
    slot.type.supertypes.push_back(group.ids[i]);
  }
  std::ranges::sort(group.uses);
  const auto repeated = std::ranges::unique(group.uses);
  group.uses.erase(repeated.begin(), repeated.end());
}

void TypeRegistry::State::uninstall(TypeGroup& group) {
  for (TypeId id : group.ids) store.release(id);
}

void TypeRegistry::State::release(TypeGroup* group) {
  std::vector<TypeGroup*> released = {group};
  while (!released.empty()) {
    TypeGroup* const next = released.back();
    released.pop_back();
    if (--next->references != 0) continue;
    released.insert(released.end(), next->uses.begin(), next->uses.end());
    uninstall(*next);
    groups.erase(groups.find(next->key));
  }
}

Result<std::shared_ptr<const TypeRegistry::Handle>> TypeRegistry::add(const Module& module) {
  // Made before the lock is taken, so that on an error it goes after the lock is given back.
  auto handle = std::make_shared<GroupHandle<State>>(state_);
  const std::scoped_lock lock(state_->mutex);
  const auto depth = [&](uint32_t index) {
    return static_cast<uint32_t>(get(handle->id(index)).supertypes.size()) - 1;
  };
  for (const RecGroup& group : module.rec_groups) {
    TRY(check_indices(module, group, depth));
    const auto check = [&](const TypeGroup& made) -> Result<> {
      for (uint32_t i = 0; i < group.count; ++i) {
        const CanonicalType& type = get(made.ids[i]);
        if (type.type.supertypes.empty()) continue;
        const CanonicalType& super = get(type.type.supertypes[0]);
        const uint32_t index = group.first + i;
        if (super.type.is_final) {
          return invalid_type(index, "sub type: the super type is final");
        }
        if (!composite_matches(*this, type.type.composite, super.type.composite)) {
          return invalid_type(index, "sub type: does not match its super type");
        }
      }
      return {};
    };
    const std::span types = std::span(module.types).subspan(group.first, group.count);
    const IndexMap outside = [&](uint32_t index) { return handle->id(index); };
    handle->append(TRY(state_->intern(types, group.first, outside, check)));
  }
  return handle;
}

std::shared_ptr<const TypeRegistry::Handle> TypeRegistry::add_func(const FuncType& type) {
  auto handle = std::make_shared<GroupHandle<State>>(state_);
  const std::scoped_lock lock(state_->mutex);
  const SubType sub = {.is_final = true, .supertypes = {}, .composite = type};
  // Canonical ids are all below in_group_bit, so none is taken for a place in the group.
  const Result<TypeGroup*> group = state_->intern(
      std::span(&sub, 1), in_group_bit, [](uint32_t id) { return id; },
      [](const TypeGroup&) -> Result<> { return {}; });
  CAIRN_ASSERT(group.has_value());
  handle->append(*group);
  return handle;
}

HeapType TypeRegistry::Handle::canonical(HeapType type) const {
  return type.is_index() ? HeapType::index(ids_[type.index()]) : type;
}

ValType TypeRegistry::Handle::canonical(ValType type) const {
  return type.is_ref() ? ValType::ref(canonical(type.heap()), type.nullable()) : type;
}

}  // namespace cairn::wasm
