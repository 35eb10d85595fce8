// Strings in three encodings (CanonicalABI.md, `load_string`, `store_string`).

#include <cairn/base/utf8.hpp>

#include "runtime/transfer.hpp"

namespace cairn::component::rt {

namespace {

using Units = SourceString::Units;

uint64_t tag_of(const Side& side) {
  return uint64_t{1} << (side.options->ptr == PtrSize::bits32 ? 31 : 63);
}

uint16_t unit16(const uint8_t* data, uint64_t i) { return load_le<uint16_t>(data + 2 * i); }

bool is_utf16(const uint8_t* data, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    const uint16_t unit = unit16(data, i);
    if ((unit & 0xf800) != 0xd800) continue;
    if (unit >= 0xdc00 || i + 1 == count || (unit16(data, i + 1) & 0xfc00) != 0xdc00) return false;
    ++i;
  }
  return true;
}

bool utf8_error(Transfer& t, ByteSpan bytes, size_t valid) {
  // A sequence that the end cuts off is said to be incomplete.
  const size_t left = bytes.size() - valid;
  const uint8_t lead = bytes[valid];
  const size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  bool cut = lead >= 0xc2 && lead <= 0xf4 && left < wanted;
  for (size_t i = valid + 1; i < bytes.size(); ++i) cut &= (bytes[i] & 0xc0) == 0x80;
  return t.trap(cut ? "incomplete utf-8 byte sequence" : "invalid utf-8");
}

/// Goes over the code points of a checked string.
class CodePoints {
 public:
  explicit CodePoints(const SourceString& from) : from_(from) {}
  bool at_end() const { return at_ >= from_.count; }
  uint64_t position() const { return at_; }
  char32_t next() {
    switch (from_.units) {
      case Units::latin1: return from_.data[at_++];
      case Units::utf16: {
        const uint16_t unit = unit16(from_.data, at_++);
        if ((unit & 0xf800) != 0xd800) return unit;
        const uint16_t low = unit16(from_.data, at_++);
        return 0x10000 + ((unit & 0x3ffu) << 10) + (low & 0x3ffu);
      }
      case Units::utf8: break;
    }
    if (from_.data[at_] < 0x80) return from_.data[at_++];
    const auto point = decode_utf8({from_.data + at_, from_.count - at_});
    at_ += point->length;
    return point->value;
  }

 private:
  const SourceString& from_;
  uint64_t at_ = 0;
};

uint8_t* put_utf8(uint8_t* to, char32_t point) {
  const auto tail = [&](uint32_t shift) {
    *to++ = static_cast<uint8_t>(0x80 | ((point >> shift) & 0x3f));
  };
  if (point < 0x80) {
    *to++ = static_cast<uint8_t>(point);
  } else if (point < 0x800) {
    *to++ = static_cast<uint8_t>(0xc0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    *to++ = static_cast<uint8_t>(0xe0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    *to++ = static_cast<uint8_t>(0xf0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return to;
}

uint8_t* put_utf16(uint8_t* to, char32_t point) {
  if (point >= 0x10000) {
    store_le(to, static_cast<uint16_t>(0xd7c0 + (point >> 10)));
    store_le(to + 2, static_cast<uint16_t>(0xdc00 + (point & 0x3ff)));
    return to + 4;
  }
  store_le(to, static_cast<uint16_t>(point));
  return to + 2;
}

/// Memory for a string that grows or shrinks while it is written.
class Place {
 public:
  Place(Transfer& t, Side& to, uint64_t alignment) : t_(t), to_(to), alignment_(alignment) {}
  bool resize(uint64_t bytes, uint64_t alignment = 0) {
    if (alignment == 0) alignment = alignment_;
    if (!reallocate(t_, to_, ptr_, bytes_, alignment, bytes, ptr_)) return false;
    bytes_ = bytes;
    if (ptr_ % alignment != 0)
      return t_.trap(t_.with_host ? "realloc return: result not aligned" : "unaligned pointer");
    if (!to_.holds(ptr_, bytes))
      return t_.trap(t_.with_host ? "realloc return: beyond end of memory"
                                  : "string content out-of-bounds");
    return true;
  }
  uint64_t ptr() const { return ptr_; }
  uint8_t* data() const { return to_.memory.data() + ptr_; }

 private:
  Transfer& t_;
  Side& to_;
  uint64_t alignment_;
  uint64_t ptr_ = 0, bytes_ = 0;
};

bool copy_units(Transfer& t, Side& to, const SourceString& from, uint64_t alignment,
                uint64_t& ptr) {
  Place place(t, to, alignment);
  const uint64_t bytes = from.count * (from.units == Units::utf16 ? 2 : 1);
  if (!place.resize(bytes)) return false;
  if (bytes != 0) std::memcpy(place.data(), from.data, bytes);
  ptr = place.ptr();
  return true;
}

/// `store_string_to_utf8`: as if it were ASCII, until it is not.
bool to_utf8(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr, uint64_t& bytes) {
  Place place(t, to, 1);
  if (!place.resize(from.count)) return false;
  CodePoints points(from);
  uint64_t written = 0;
  while (!points.at_end()) {
    char32_t point = points.next();
    if (point < 0x80) {
      place.data()[written++] = static_cast<uint8_t>(point);
      continue;
    }
    const uint64_t worst = from.count * (from.units == Units::latin1 ? 2 : 3);
    if (!place.resize(worst)) return false;
    uint8_t* at = put_utf8(place.data() + written, point);
    while (!points.at_end()) at = put_utf8(at, points.next());
    written = static_cast<uint64_t>(at - place.data());
    if (written < worst && !place.resize(written)) return false;
    break;
  }
  ptr = place.ptr();
  bytes = written;
  return true;
}

bool utf8_to_utf16(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr,
                   uint64_t& units) {
  Place place(t, to, 2);
  const uint64_t worst = 2 * from.count;
  if (!place.resize(worst)) return false;
  uint8_t* at = place.data();
  for (CodePoints points(from); !points.at_end();) at = put_utf16(at, points.next());
  const auto bytes = static_cast<uint64_t>(at - place.data());
  if (bytes < worst && !place.resize(bytes)) return false;
  ptr = place.ptr();
  units = bytes / 2;
  return true;
}

bool latin1_to_utf16(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr) {
  Place place(t, to, 2);
  if (!place.resize(2 * from.count)) return false;
  for (uint64_t i = 0; i < from.count; ++i)
    store_le(place.data() + 2 * i, static_cast<uint16_t>(from.data[i]));
  ptr = place.ptr();
  return true;
}

/// `store_string_to_latin1_or_utf16`: Latin-1, until a code point does not fit.
bool to_latin1_or_utf16(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr,
                        uint64_t& tagged) {
  Place place(t, to, 2);
  if (!place.resize(from.count)) return false;
  CodePoints points(from);
  uint64_t count = 0;
  while (!points.at_end()) {
    const char32_t point = points.next();
    if (point < 0x100) {
      place.data()[count++] = static_cast<uint8_t>(point);
      continue;
    }
    const uint64_t worst = 2 * from.count;
    if (!place.resize(worst)) return false;
    for (uint64_t i = count; i-- > 0;)
      store_le(place.data() + 2 * i, static_cast<uint16_t>(place.data()[i]));
    uint8_t* at = put_utf16(place.data() + 2 * count, point);
    while (!points.at_end()) at = put_utf16(at, points.next());
    const auto bytes = static_cast<uint64_t>(at - place.data());
    if (bytes < worst && !place.resize(bytes)) return false;
    ptr = place.ptr();
    tagged = (bytes / 2) | tag_of(to);
    return true;
  }
  if (count < from.count && !place.resize(count)) return false;
  ptr = place.ptr();
  tagged = count;
  return true;
}

/// `store_probably_utf16_to_latin1_or_utf16`.
bool utf16_to_latin1_or_utf16(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr,
                              uint64_t& tagged) {
  Place place(t, to, 2);
  const uint64_t bytes = 2 * from.count;
  if (!place.resize(bytes)) return false;
  if (bytes != 0) std::memcpy(place.data(), from.data, bytes);
  bool fits = true;
  for (uint64_t i = 0; i < from.count && fits; ++i) fits = unit16(from.data, i) < 0x100;
  if (fits) {
    for (uint64_t i = 0; i < from.count; ++i) place.data()[i] = place.data()[2 * i];
    if (!place.resize(from.count, 1)) return false;
  }
  ptr = place.ptr();
  tagged = fits ? from.count : from.count | tag_of(to);
  return true;
}

}  // namespace

bool lift_string(Transfer& t, const Side& from, uint64_t ptr, uint64_t tagged, SourceString& out) {
  out = {.count = tagged};
  switch (from.options->encoding) {
    case Encoding::utf8: break;
    case Encoding::utf16: out.units = Units::utf16; break;
    case Encoding::latin1_utf16:
      out.from_latin1_utf16 = true;
      out.units = (tagged & tag_of(from)) != 0 ? Units::utf16 : Units::latin1;
      out.count = tagged & ~tag_of(from);
      break;
  }
  const bool wide = out.units == Units::utf16;
  const bool too_long = out.count > content_bytes_max / (wide ? 2 : 1);
  if (!too_long && from.options->encoding != Encoding::utf8 && ptr % 2 != 0)
    return t.trap("unaligned pointer");
  const uint64_t bytes = out.count * (wide ? 2 : 1);
  if (too_long || !from.holds(ptr, bytes))
    return t.trap(t.with_host ? "string pointer/length out of bounds of memory"
                              : "string content out-of-bounds");
  out.data = from.memory.data() + ptr;
  if (wide && !is_utf16(out.data, out.count)) return t.trap("invalid utf-16");
  if (out.units == Units::utf8) {
    const ByteSpan text(out.data, bytes);
    const size_t valid = utf8_valid_prefix(text);
    if (valid != bytes) return utf8_error(t, text, valid);
  }
  return true;
}

bool lower_string(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr,
                  uint64_t& tagged) {
  tagged = from.count;
  if (from.count > content_bytes_max) return t.trap("string too long");
  switch (to.options->encoding) {
    case Encoding::utf8:
      if (from.units == Units::utf8) return copy_units(t, to, from, 1, ptr);
      return to_utf8(t, to, from, ptr, tagged);
    case Encoding::utf16:
      if (from.units == Units::utf16) return copy_units(t, to, from, 2, ptr);
      if (from.units == Units::latin1) return latin1_to_utf16(t, to, from, ptr);
      return utf8_to_utf16(t, to, from, ptr, tagged);
    case Encoding::latin1_utf16:
      if (from.units == Units::latin1) return copy_units(t, to, from, 2, ptr);
      if (from.from_latin1_utf16) return utf16_to_latin1_or_utf16(t, to, from, ptr, tagged);
      return to_latin1_or_utf16(t, to, from, ptr, tagged);
  }
  return false;
}

void append_string(std::string& out, const SourceString& from, uint64_t bytes_max) {
  if (from.units == Units::utf8) {
    uint64_t count = std::min(from.count, bytes_max);
    while (count > 0 && count < from.count && (from.data[count] & 0xc0) == 0x80) --count;
    out.append(reinterpret_cast<const char*>(from.data), count);
    return;
  }
  for (CodePoints points(from); !points.at_end();) {
    const char32_t point = points.next();
    const uint64_t bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > bytes_max) return;
    bytes_max -= bytes;
    append_utf8(out, point);
  }
}

}  // namespace cairn::component::rt
