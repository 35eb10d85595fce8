// How handles stand in an image (docs/chain.md, "Images").

#include <cairn/component/handle_image.hpp>

#include <fmt/format.h>
#include <cairn/base/leb128.hpp>

#include <algorithm>
#include <tuple>

namespace cairn::component {

namespace {

constexpr uint8_t version = 1;

using Kind = SavedHandle::Kind;

bool is_resource(Kind kind) { return kind == Kind::host_resource || kind == Kind::guest_resource; }
bool has_bytes(Kind kind) { return kind == Kind::host_resource || kind == Kind::error_context; }

class Reader {
 public:
  explicit Reader(ByteSpan bytes)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  std::unexpected<Error> wrong(std::string_view what) const {
    return fail_at(ErrorKind::malformed, static_cast<uint64_t>(at_ - begin_),
                   fmt::format("not an image of handles: {}", what));
  }
  Result<uint8_t> byte() {
    if (at_ == end_) return wrong("it ends too early");
    return *at_++;
  }
  /// In its shortest form.
  Result<uint32_t> number() {
    const uint8_t* const from = at_;
    uint32_t value = 0;
    if (read_u32(at_, end_, value) != LebStatus::ok) {
      return wrong("a number is cut off or too large");
    }
    if (at_ - from > 1 && at_[-1] == 0) return wrong("a number is longer than it must be");
    return value;
  }
  Result<Bytes> bytes() {
    const uint32_t size = TRY(number());
    if (size > left()) return wrong("it ends too early");
    const ByteSpan span(at_, size);
    at_ += size;
    return Bytes(span.begin(), span.end());
  }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

 private:
  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
};

Result<SavedHandle> read_handle(Reader& reader) {
  SavedHandle handle;
  handle.instance = TRY(reader.number());
  handle.index = TRY(reader.number());
  if (handle.index == 0) return reader.wrong("a handle has the index 0");
  const uint8_t kind = TRY(reader.byte());
  if (kind > static_cast<uint8_t>(Kind::error_context)) {
    return reader.wrong(fmt::format("a handle of kind {}", kind));
  }
  handle.kind = static_cast<Kind>(kind);
  if (is_resource(handle.kind)) handle.resource = TRY(reader.number());
  if (handle.kind == Kind::guest_resource) handle.rep = TRY(reader.number());
  if (has_bytes(handle.kind)) handle.bytes = TRY(reader.bytes());
  return handle;
}

}  // namespace

Bytes encode_handles(std::span<const SavedHandle> handles) {
  Bytes out = {version};
  append_unsigned_leb(out, handles.size());
  for (const SavedHandle& handle : handles) {
    append_unsigned_leb(out, handle.instance);
    append_unsigned_leb(out, handle.index);
    out.push_back(static_cast<uint8_t>(handle.kind));
    if (is_resource(handle.kind)) append_unsigned_leb(out, handle.resource);
    if (handle.kind == Kind::guest_resource) append_unsigned_leb(out, handle.rep);
    if (!has_bytes(handle.kind)) continue;
    append_unsigned_leb(out, handle.bytes.size());
    append(out, handle.bytes);
  }
  return out;
}

Result<std::vector<SavedHandle>> decode_handles(ByteSpan bytes) {
  Reader reader(bytes);
  if (const uint8_t of = TRY(reader.byte()); of != version) {
    return fail(ErrorKind::unsupported,
                fmt::format("an image of handles of version {}; known is {}", of, version));
  }
  const uint32_t count = TRY(reader.number());
  // Each takes three bytes at least.
  if (count > reader.left() / 3) return reader.wrong("it ends too early");
  std::vector<SavedHandle> handles;
  handles.reserve(count);
  const auto place = [](const SavedHandle& of) { return std::tuple(of.instance, of.index); };
  while (handles.size() < count) {
    SavedHandle handle = TRY(read_handle(reader));
    if (!handles.empty() && place(handles.back()) >= place(handle)) {
      return reader.wrong("handles are not in order");
    }
    handles.push_back(std::move(handle));
  }
  if (reader.left() != 0) return reader.wrong("something follows it");
  return handles;
}

}  // namespace cairn::component
