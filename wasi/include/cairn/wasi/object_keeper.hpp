#pragma once
/// Which objects of WASI a guest may keep from one call to the next although another instance goes
/// on for it: the standard streams, pollables of these and of moments, errors.

#include <cairn/component/handle_image.hpp>
#include <cairn/wasi/guest.hpp>

namespace cairn::wasi {

/// For the guests of one store. Objects that it makes are of `guest`, which outlives it.
class GuestObjectKeeper final : public component::ObjectKeeper {
 public:
  explicit GuestObjectKeeper(Guest& guest) : guest_(guest) {}

  /// What guests may write to the standard streams is told them anew. Before handles are saved, and
  /// when they have been loaded: how much it was is in no image.
  void renew_permissions();
  std::optional<Bytes> describe(const component::HostObject& object) override;
  Result<component::HostObject> make(ByteSpan description) override;

 private:
  Guest& guest_;
};

}  // namespace cairn::wasi
