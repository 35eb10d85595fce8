#include "native/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "native/abi.hpp"
#include "native/byte_reader.hpp"

namespace cairn::engine {

namespace {

constexpr char magic[8] = {'c', 'a', 'i', 'r', 'n', 'i', 'm', 'g'};
constexpr uint32_t format_version = 2;
constexpr uint32_t alignment_max = 4096;
constexpr uint32_t signature_size_max = 1u << 16;
constexpr uint32_t import_count =
#define IMAGE_IMPORT(name) +1
#include "native/image_imports.def"
    ;

/// A function of the C library by its overload for one C type.
template <class R, class... P>
const void* address(R (*function)(P...)) {
  return reinterpret_cast<const void*>(function);
}

/// Of a row's first word: `ImageRow::is_bare`. Code is smaller.
constexpr uint32_t bare_bit = 1u << 31;
static_assert(image_code_max < bare_bit);
constexpr uint32_t range_bytes = 24, frame_bytes = 12, row_bytes = 8, import_bytes = 8;

Result<> malformed(std::string_view what, size_t index) {
  return fail(ErrorKind::malformed, fmt::format("code image: {} {} is wrong", what, index));
}

Result<> read_header(ByteReader& in, ImageParts& parts) {
  const ByteSpan head = TRY(in.take(sizeof magic, "the magic number"));
  if (!std::ranges::equal(head, as_bytes({magic, sizeof magic})))
    return fail_at(ErrorKind::malformed, 0, "not a code image");
  const uint32_t format = TRY(in.number<uint32_t>("the version"));
  const uint32_t abi = TRY(in.number<uint32_t>("the version"));
  if (format != format_version || abi != native_abi_version)
    return fail(ErrorKind::unsupported,
                fmt::format("code image of version {}.{}, this is {}.{}", format, abi,
                            format_version, native_abi_version));
  parts.cpu.bits = TRY(in.number<uint64_t>("the processor's features"));
  if (!known_cpu_features().contains(parts.cpu))
    return fail(ErrorKind::unsupported, "code image for a processor with unknown features");
  const auto level = TRY(in.number<uint32_t>("the level"));
  if (level > static_cast<uint32_t>(CodeLevel::full))
    return fail(ErrorKind::malformed, "code image: there is no such level");
  parts.level = static_cast<CodeLevel>(level);
  parts.alignment = TRY(in.number<uint32_t>("the alignment"));
  if (!std::has_single_bit(parts.alignment) || parts.alignment > alignment_max)
    return fail(ErrorKind::malformed, "code image: the alignment is no power of two up to 4096");
  return {};
}

Result<> read_signatures(ByteReader& in, ImageParts& parts) {
  const uint32_t count = TRY(in.count(4, "signatures"));
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view text = as_text(TRY(in.sized("a signature")));
    if (text.size() > signature_size_max ||
        !std::ranges::all_of(text, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }))
      return malformed("signature", i);
    parts.signatures.emplace_back(text);
  }
  std::vector<std::string_view> sorted(parts.signatures.begin(), parts.signatures.end());
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    return fail(ErrorKind::malformed, "code image: a signature is there twice");
  return {};
}

void read_tables(ByteSpan ranges, ByteSpan frames, ByteSpan rows, ByteSpan imports,
                 ImageParts& parts) {
  const auto word = [](const uint8_t* row, uint32_t index) {
    return load_le<uint32_t>(row + 4 * index);
  };
  // What no enumerator can be stays so, for the checks.
  const auto small = [&](const uint8_t* row, uint32_t index) {
    return static_cast<uint8_t>(std::min<uint32_t>(word(row, index), UINT8_MAX));
  };
  for (const uint8_t* p = ranges.data(); p != ranges.data() + ranges.size(); p += range_bytes)
    parts.ranges.push_back({word(p, 0), word(p, 1), ImageRange::Kind{small(p, 2)}, word(p, 3),
                            word(p, 4), word(p, 5)});
  parts.frames.reserve(frames.size() / frame_bytes);
  for (const uint8_t* p = frames.data(); p != frames.data() + frames.size(); p += frame_bytes)
    parts.frames.push_back({word(p, 0), word(p, 1), word(p, 2)});
  parts.rows.reserve(rows.size() / row_bytes);
  for (const uint8_t* p = rows.data(); p != rows.data() + rows.size(); p += row_bytes)
    parts.rows.push_back({word(p, 0) & ~bare_bit, word(p, 1), (word(p, 0) & bare_bit) != 0});
  for (const uint8_t* p = imports.data(); p != imports.data() + imports.size(); p += import_bytes)
    parts.imports.push_back({word(p, 0), ImageImport{small(p, 1)}});
}

Result<> check_ranges(const ImageParts& parts) {
  uint64_t end = 0;
  for (size_t i = 0; i < parts.ranges.size(); ++i) {
    const ImageRange& range = parts.ranges[i];
    if (range.begin < end || range.size == 0 ||
        uint64_t{range.begin} + range.size > parts.code.size() ||
        range.kind > ImageRange::Kind::inner ||
        (ImageRange::is_stub(range.kind) && range.signature >= parts.signatures.size()))
      return malformed("range", i);
    end = range.end();
  }
  return {};
}

Result<> check_lines(const ImageParts& parts) {
  for (size_t i = 0; i < parts.frames.size(); ++i)
    if (const uint32_t caller = parts.frames[i].caller; caller != ImageFrame::none && caller >= i)
      return malformed("frame", i);
  for (size_t i = 0; i < parts.rows.size(); ++i) {
    const ImageRow& row = parts.rows[i];
    if ((i != 0 && row.begin <= parts.rows[i - 1].begin) || row.begin >= parts.code.size() ||
        (row.frame != ImageFrame::none && row.frame >= parts.frames.size()))
      return malformed("line", i);
  }
  return {};
}

Result<> check_imports(const ImageParts& parts) {
  for (size_t i = 0; i < parts.imports.size(); ++i) {
    const ImageParts::Import& import = parts.imports[i];
    if (import.at % 8 != 0 || uint64_t{import.at} + 8 > parts.code.size() ||
        static_cast<uint32_t>(import.import) >= import_count)
      return malformed("import", i);
  }
  return {};
}

}  // namespace

std::optional<ImageImport> image_import(std::string_view name) {
#define IMAGE_IMPORT(id) \
  if (name == #id) return ImageImport::id##_;
#include "native/image_imports.def"
  return std::nullopt;
}

const void* address_of(ImageImport import) {
  using F = float;
  using D = double;
  switch (import) {
    case ImageImport::memcpy_: return address<void*, void*, const void*, size_t>(::memcpy);
    case ImageImport::memmove_: return address<void*, void*, const void*, size_t>(::memmove);
    case ImageImport::memset_: return address<void*, void*, int, size_t>(::memset);
    case ImageImport::bcmp_:  // Equal or not, as memcmp says.
    case ImageImport::memcmp_: return address<int, const void*, const void*, size_t>(::memcmp);
    case ImageImport::fmod_: return address<D, D, D>(::fmod);
    case ImageImport::fmodf_: return address<F, F, F>(::fmodf);
    case ImageImport::fma_: return address<D, D, D, D>(::fma);
    case ImageImport::fmaf_: return address<F, F, F, F>(::fmaf);
    case ImageImport::ceil_: return address<D, D>(::ceil);
    case ImageImport::ceilf_: return address<F, F>(::ceilf);
    case ImageImport::floor_: return address<D, D>(::floor);
    case ImageImport::floorf_: return address<F, F>(::floorf);
    case ImageImport::trunc_: return address<D, D>(::trunc);
    case ImageImport::truncf_: return address<F, F>(::truncf);
    case ImageImport::nearbyint_: return address<D, D>(::nearbyint);
    case ImageImport::nearbyintf_: return address<F, F>(::nearbyintf);
    case ImageImport::rint_: return address<D, D>(::rint);
    case ImageImport::rintf_: return address<F, F>(::rintf);
    // The rounding mode is to nearest, ties to even, in the whole process.
    case ImageImport::roundeven_: return address<D, D>(::nearbyint);
    case ImageImport::roundevenf_: return address<F, F>(::nearbyintf);
  }
  return nullptr;
}

Bytes write_image(const ImageParts& parts) {
  Bytes out;
  out.reserve(parts.code.size() + parts.rows.size() * row_bytes +
              parts.frames.size() * frame_bytes + parts.ranges.size() * range_bytes + 4096);
  append(out, as_bytes({magic, sizeof magic}));
  append_le(out, format_version);
  append_le(out, native_abi_version);
  append_le(out, parts.cpu.bits);
  append_le(out, static_cast<uint32_t>(parts.level));
  append_le(out, parts.alignment);
  append_le(out, static_cast<uint32_t>(parts.signatures.size()));
  for (const std::string& signature : parts.signatures) append_sized(out, as_bytes(signature));
  append_le(out, static_cast<uint32_t>(parts.ranges.size()));
  for (const ImageRange& range : parts.ranges)
    for (const uint32_t word : {range.begin, range.size, static_cast<uint32_t>(range.kind),
                                range.function, range.loop_offset, range.signature})
      append_le(out, word);
  append_le(out, static_cast<uint32_t>(parts.frames.size()));
  for (const ImageFrame& frame : parts.frames)
    for (const uint32_t word : {frame.function, frame.offset, frame.caller}) append_le(out, word);
  append_le(out, static_cast<uint32_t>(parts.rows.size()));
  for (const ImageRow& row : parts.rows)
    for (const uint32_t word : {row.begin | (row.is_bare ? bare_bit : 0), row.frame})
      append_le(out, word);
  append_le(out, static_cast<uint32_t>(parts.imports.size()));
  for (const ImageParts::Import& import : parts.imports)
    for (const uint32_t word : {import.at, static_cast<uint32_t>(import.import)})
      append_le(out, word);
  append_sized(out, parts.code);
  return out;
}

Result<ImageParts> read_image(ByteSpan bytes) {
  ByteReader in(bytes, "code image");
  ImageParts parts;
  TRY(read_header(in, parts));
  TRY(read_signatures(in, parts));
  const auto table = [&](uint32_t row_size, std::string_view what) -> Result<ByteSpan> {
    return in.take(uint64_t{TRY(in.count(row_size, what))} * row_size, what);
  };
  const ByteSpan ranges = TRY(table(range_bytes, "ranges"));
  const ByteSpan frames = TRY(table(frame_bytes, "frames"));
  const ByteSpan rows = TRY(table(row_bytes, "lines"));
  const ByteSpan imports = TRY(table(import_bytes, "imports"));
  parts.code = TRY(table(1, "bytes of code"));
  TRY(in.end());
  if (parts.code.size() > image_code_max)
    return fail(ErrorKind::malformed, "code image: too much code");
  read_tables(ranges, frames, rows, imports, parts);
  TRY(check_ranges(parts));
  TRY(check_lines(parts));
  TRY(check_imports(parts));
  return parts;
}

}  // namespace cairn::engine
