// The form of compiled files, little-endian: magic number, version of the form, size of the whole
// (64 bits), digest of all that follows; then the code's key, the module and the code image, both
// with their size in 32 bits.

#include <fmt/format.h>
#include <cairn/engine/compiler.hpp>

#include <algorithm>

#include "native/code_key.hpp"
#include "native/digest.hpp"
#include "native/image.hpp"

namespace cairn::engine {

namespace {

constexpr std::string_view magic = "cairnapp";
constexpr std::string_view subject = "compiled module";
constexpr uint32_t format_version = 1;
constexpr size_t digest_at = magic.size() + 4 + 8;
constexpr size_t head_bytes = digest_at + digest_bytes;

/// Checks everything before the key.
Result<> check_head(ByteReader& in, ByteSpan bytes) {
  if (!CompiledFile::is_one(bytes))
    return fail_at(ErrorKind::malformed, 0,
                   fmt::format("not a compiled module: it does not begin with \"{}\"", magic));
  TRY(in.take(magic.size(), "the magic number"));
  const uint32_t version = TRY(in.number<uint32_t>("the version"));
  if (version != format_version)
    return fail_at(ErrorKind::unsupported, magic.size(),
                   fmt::format("{} of version {}, this Cairn reads version {}: compile it again",
                               subject, version, format_version));
  const uint64_t size = TRY(in.number<uint64_t>("the size"));
  if (size != bytes.size())
    return fail(ErrorKind::malformed,
                fmt::format("{}: {} bytes are there, {} were written: the file is damaged", subject,
                            bytes.size(), size));
  const ByteSpan digest = TRY(in.take(digest_bytes, "the digest"));
  if (!std::ranges::equal(digest, digest_of(bytes.subspan(head_bytes))))
    return fail(ErrorKind::malformed, fmt::format("{}: its bytes do not have the digest that was "
                                                  "written with them: the file is damaged",
                                                  subject));
  return {};
}

}  // namespace

bool CompiledFile::is_one(ByteSpan bytes) {
  return bytes.size() >= magic.size() && std::ranges::equal(bytes.first(magic.size()), magic);
}

Result<CompiledFile> CompiledFile::read(Bytes bytes) {
  ByteReader in(bytes, subject);
  TRY(check_head(in, bytes));
  CompiledFile file;
  file.key_ = TRY(read_code_key(in));
  const ByteSpan module = TRY(in.sized("the module"));
  const ByteSpan code = TRY(in.sized("the code"));
  TRY(in.end());
  file.module_at_ = static_cast<size_t>(module.data() - bytes.data());
  file.module_size_ = module.size();
  file.code_at_ = static_cast<size_t>(code.data() - bytes.data());
  file.code_size_ = code.size();
  file.bytes_ = std::move(bytes);
  return file;
}

Bytes CompiledFile::write(const CodeKey& key, ByteSpan module, ByteSpan code) {
  Bytes out;
  out.reserve(head_bytes + 64 + module.size() + code.size());
  append(out, as_bytes(magic));
  append_le(out, format_version);
  out.resize(head_bytes);
  append_code_key(out, key);
  append_sized(out, module);
  append_sized(out, code);
  store_le(out.data() + digest_at - 8, uint64_t{out.size()});
  std::ranges::copy(digest_of(ByteSpan(out).subspan(head_bytes)), out.begin() + digest_at);
  return out;
}

Result<CompiledFile::Summary> CompiledFile::summary() const {
  Summary summary;
  if (code().empty()) return summary;
  const ImageParts parts = TRY(read_image(code()));
  for (const ImageRange& range : parts.ranges)
    if (range.kind == ImageRange::Kind::function) ++summary.functions;
  summary.code_bytes = parts.code.size();
  summary.cpu = to_string(parts.cpu);
  return summary;
}

}  // namespace cairn::engine
