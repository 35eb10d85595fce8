// An object's description is a byte that says what it is, and what that needs (docs/chain.md).

#include <cairn/wasi/object_keeper.hpp>

#include "components/pollables.hpp"

namespace cairn::wasi {

namespace {

using component::HostObject;
using component::type_key;

enum class What : uint8_t {
  input = 0,
  output = 1,
  error_output = 2,
  input_pollable = 3,
  output_pollable = 4,
  error_output_pollable = 5,
  deadline_pollable = 6,  ///< u64: nanoseconds
  error = 7,              ///< u16: its number
};

Bytes plain(What what) { return {static_cast<uint8_t>(what)}; }

template <class Stream>
HostObject pollable_of(std::shared_ptr<Stream> stream) {
  const std::shared_ptr<Pollable> made =
      std::make_shared<StreamPollable<Stream>>(std::move(stream));
  return {type_key<Pollable>(), made};
}

bool is_known(uint16_t code) {
  switch (static_cast<Errno>(code)) {
#define CAIRN_ERRNO(id, number, native, message) \
  case Errno::id: return true;
#include <cairn/wasi/errno.def>
  }
  return false;
}

std::optional<Bytes> describe_pollable(Guest& guest, Pollable* pollable) {
  if (const auto* at = dynamic_cast<const DeadlinePollable*>(pollable)) {
    Bytes bytes = plain(What::deadline_pollable);
    append_le(bytes, at->when_ns());
    return bytes;
  }
  if (const auto* in = dynamic_cast<const StreamPollable<InputStream>*>(pollable)) {
    if (in->stream() == guest.input()) return plain(What::input_pollable);
  }
  if (const auto* out = dynamic_cast<const StreamPollable<OutputStream>*>(pollable)) {
    if (out->stream() == guest.output()) return plain(What::output_pollable);
    if (out->stream() == guest.error()) return plain(What::error_output_pollable);
  }
  return std::nullopt;
}

}  // namespace

void GuestObjectKeeper::renew_permissions() {
  static_cast<void>(guest_.output()->check());
  static_cast<void>(guest_.error()->check());
}

std::optional<Bytes> GuestObjectKeeper::describe(const HostObject& object) {
  if (object.type == type_key<InputStream>() && object.object == guest_.input()) {
    return plain(What::input);
  }
  if (object.type == type_key<OutputStream>()) {
    if (object.object == guest_.output()) return plain(What::output);
    if (object.object == guest_.error()) return plain(What::error_output);
  }
  if (object.type == type_key<Pollable>()) {
    return describe_pollable(guest_, static_cast<Pollable*>(object.object.get()));
  }
  if (object.type == type_key<IoError>()) {
    Bytes bytes = plain(What::error);
    append_le(bytes, static_cast<uint16_t>(static_cast<const IoError*>(object.object.get())->code));
    return bytes;
  }
  return std::nullopt;
}

Result<HostObject> GuestObjectKeeper::make(ByteSpan description) {
  const auto what = description.empty() ? UINT8_MAX : description[0];
  const size_t rest = description.size() - (description.empty() ? 0 : 1);
  if (what == static_cast<uint8_t>(What::deadline_pollable) && rest == sizeof(uint64_t)) {
    const std::shared_ptr<Pollable> made =
        std::make_shared<DeadlinePollable>(guest_.loop(), load_le<uint64_t>(&description[1]));
    return HostObject{type_key<Pollable>(), made};
  }
  if (what == static_cast<uint8_t>(What::error) && rest == sizeof(uint16_t)) {
    const auto code = load_le<uint16_t>(&description[1]);
    if (is_known(code)) {
      return HostObject{type_key<IoError>(), std::make_shared<IoError>(static_cast<Errno>(code))};
    }
  }
  if (rest == 0) {
    switch (static_cast<What>(what)) {
      case What::input: return HostObject{type_key<InputStream>(), guest_.input()};
      case What::output: return HostObject{type_key<OutputStream>(), guest_.output()};
      case What::error_output: return HostObject{type_key<OutputStream>(), guest_.error()};
      case What::input_pollable: return pollable_of(guest_.input());
      case What::output_pollable: return pollable_of(guest_.output());
      case What::error_output_pollable: return pollable_of(guest_.error());
      default: break;
    }
  }
  return cairn::fail(ErrorKind::malformed, "an image with an object that is none of WASI's");
}

}  // namespace cairn::wasi
