#pragma once
/// The handles that component instances have between calls, as bytes that other instances of the
/// same component can go on from: with the memories (engine/image.hpp) all that a guest keeps.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/component/host_context.hpp>

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace cairn::component {

class Store;

/// What is behind a handle of a resource of the host.
struct HostObject {
  TypeKey type = nullptr;
  std::shared_ptr<void> object;
};

/// Knows of which objects another store can have the like.
class ObjectKeeper {
 public:
  virtual ~ObjectKeeper() = default;
  /// What to make one like it from. Nothing: there cannot be one.
  virtual std::optional<Bytes> describe(const HostObject& object) = 0;
  /// Error `malformed` for what describes nothing.
  virtual Result<HostObject> make(ByteSpan description) = 0;
};

/// One handle in the table of a component instance.
struct SavedHandle {
  enum class Kind : uint8_t {
    host_resource = 0,   ///< `bytes` describe the object
    guest_resource = 1,  ///< `rep` is the guest's own
    waitable_set = 2,    ///< an empty one
    error_context = 3,   ///< `bytes` are its message
  };
  uint32_t instance = 0;  ///< of those in the store, in the order in which they were made
  uint32_t index = 0;
  Kind kind = Kind::host_resource;
  uint32_t resource = 0;  ///< of a resource: its type, in the order of linking
  uint32_t rep = 0;
  Bytes bytes = {};
  bool operator==(const SavedHandle&) const = default;
};

/// One form for each value (docs/chain.md). The handles are in the order of their instances and
/// indices, none twice.
Bytes encode_handles(std::span<const SavedHandle> handles);
/// Errors: `malformed`, or `unsupported` for a version that is not known.
Result<std::vector<SavedHandle>> decode_handles(ByteSpan bytes);

/// The handles of all component instances of a store that no call is in. Which indices were in use
/// meanwhile makes no difference from now on: the lowest free one is next, as after `load_handles`.
/// Errors: `unsupported` for what there cannot be in another store, with its name and index; those
/// of guests and of the host's events that had yet to be handled. Null: no object can be kept.
Result<std::vector<SavedHandle>> save_handles(Store& store, ObjectKeeper* keeper);
/// Gives the same handles to a store that has the same instances, in place of those that it has.
/// After an error (`malformed`, `usage`, `limit`) the store is of no use any more.
Result<> load_handles(Store& store, std::span<const SavedHandle> handles, ObjectKeeper* keeper);

}  // namespace cairn::component
