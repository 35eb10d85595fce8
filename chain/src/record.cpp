#include <cairn/chain/record.hpp>

#include <array>

#include "wire.hpp"

namespace cairn::chain {
namespace {

constexpr std::array<uint8_t, 1> content_prefix = {0x02};

constexpr std::array<std::string_view, 10> kind_words = {
    "genesis", "init",        "message",  "rejection", "restart",
    "upgrade", "supervision", "snapshot", "fork",      "stop"};
constexpr std::array<std::string_view, 5> rejection_words = {"none", "contract", "trap", "limit",
                                                             "error"};

/// Media types that have a number; any other is number `other_media`, and its text.
constexpr std::array<std::string_view, 3> known_media = {"application/octet-stream",
                                                         "application/json", "text/plain"};
constexpr uint8_t other_media = known_media.size();

constexpr uint8_t message_kind_max = 6;

/// Which parts a transition has.
enum Part : uint8_t {
  has_input = 1,
  has_source = 2,
  has_rejection = 4,
  has_new_state = 8,
  has_reply = 16,
  has_host_results = 32,
  has_effects = 64,
  has_reason = 128,
};

void append_content(Bytes& out, const Content& content) {
  append_unsigned_leb(out, content.size);
  if (content.size != 0) append(out, content.digest);
}

void append_typed(Bytes& out, const TypedContent& typed) {
  uint8_t media = 0;
  while (media < other_media && known_media[media] != typed.media_type) ++media;
  out.push_back(media);
  if (media == other_media) append_text(out, typed.media_type);
  append_content(out, typed.content);
}

Content read_content(WireReader& in) {
  Content content = {.size = in.number()};
  if (content.size != 0) content.digest = in.digest();
  return content;
}

TypedContent read_typed(WireReader& in) {
  TypedContent typed;
  const auto media = in.fixed<uint8_t>();
  if (media < other_media) {
    typed.media_type = known_media[media];
  } else if (media == other_media) {
    typed.media_type = in.text(name_bytes_max);
    for (const std::string_view known : known_media) {
      if (known == typed.media_type) in.fail_here("a media type that has a number is spelt out");
    }
  } else {
    in.fail_here("an unknown number of a media type");
  }
  typed.content = read_content(in);
  return typed;
}

ContentList read_list(WireReader& in) {
  ContentList list = {.count = in.number(), .content = read_content(in)};
  if (list.count == 0 || list.content.size < list.count) in.fail_here("an impossible list");
  return list;
}

void encode_transition(const Record& record, Bytes& out) {
  const auto part = [](bool there, Part bit) { return there ? bit : 0; };
  out.push_back(static_cast<uint8_t>(
      part(record.input.has_value(), has_input) | part(record.source.has_value(), has_source) |
      part(record.rejection.has_value(), has_rejection) |
      part(record.new_state.has_value(), has_new_state) |
      part(record.reply.has_value(), has_reply) |
      part(record.host_results.count != 0, has_host_results) |
      part(record.effects.count != 0, has_effects) | part(!record.reason.empty(), has_reason)));
  if (record.input) {
    out.push_back(record.input->message_kind);
    append_unsigned_leb(out, record.input->message_tag);
    append_text(out, record.input->topic);
    append_typed(out, record.input->payload);
  }
  if (record.source) {
    append_text(out, record.source->name);
    append_unsigned_leb(out, record.source->cause);
    out.push_back(record.source->head ? 1 : 0);
    if (record.source->head) append(out, *record.source->head);
  }
  if (record.rejection) out.push_back(static_cast<uint8_t>(*record.rejection));
  append_typed(out, record.old_state);
  if (record.new_state) append_typed(out, *record.new_state);
  if (record.reply) append_typed(out, *record.reply);
  for (const ContentList* list : {&record.host_results, &record.effects}) {
    if (list->count == 0) continue;
    append_unsigned_leb(out, list->count);
    append_content(out, list->content);
  }
  append_unsigned_leb(out, record.fuel_used);
  if (!record.reason.empty()) append_text(out, record.reason);
}

Record::Source read_source(WireReader& in) {
  Record::Source source = {.name = in.text(name_bytes_max), .cause = in.number()};
  const auto known = in.fixed<uint8_t>();
  if (known > 1) in.fail_here("a mark is neither 0 nor 1");
  if (known == 1) source.head = in.digest();
  return source;
}

void decode_transition(WireReader& in, Record& record) {
  const auto parts = in.fixed<uint8_t>();
  if ((parts & has_input) != 0) {
    Record::Input& input = record.input.emplace();
    input.message_kind = in.fixed<uint8_t>();
    if (input.message_kind > message_kind_max) in.fail_here("an unknown kind of message");
    const uint64_t tag = in.number();
    if (tag > UINT32_MAX) in.fail_here("a tag has more than 32 bits");
    input.message_tag = static_cast<uint32_t>(tag);
    input.topic = in.text(name_bytes_max);
    input.payload = read_typed(in);
  }
  if ((parts & has_source) != 0) record.source = read_source(in);
  if ((parts & has_rejection) != 0) {
    const auto cause = in.fixed<uint8_t>();
    if (cause == 0 || cause >= rejection_words.size()) in.fail_here("an unknown rejection");
    record.rejection = static_cast<RejectionCause>(cause);
  }
  record.old_state = read_typed(in);
  if ((parts & has_new_state) != 0) record.new_state = read_typed(in);
  if ((parts & has_reply) != 0) record.reply = read_typed(in);
  if ((parts & has_host_results) != 0) record.host_results = read_list(in);
  if ((parts & has_effects) != 0) record.effects = read_list(in);
  record.fuel_used = in.number();
  if ((parts & has_reason) != 0) {
    record.reason = in.text(reason_bytes_max);
    if (record.reason.empty()) in.fail_here("an empty reason");
  }
}

Result<> check_texts(const Record& record) {
  const auto check = [](std::string_view text, size_t size_max, const char* what) -> Result<> {
    if (text.size() <= size_max) return {};
    return fail(ErrorKind::limit, fmt::format("a {} of {} bytes; at most {} go into a record", what,
                                              text.size(), size_max));
  };
  if (record.kind == RecordKind::genesis && record.name.empty()) {
    return fail(ErrorKind::usage, "a chain without a name");
  }
  TRY(check(record.name, name_bytes_max, "name"));
  if (record.input) {
    TRY(check(record.input->topic, name_bytes_max, "topic"));
    TRY(check(record.input->payload.media_type, name_bytes_max, "media type"));
  }
  if (record.source) TRY(check(record.source->name, name_bytes_max, "name"));
  TRY(check(record.old_state.media_type, name_bytes_max, "media type"));
  if (record.new_state) TRY(check(record.new_state->media_type, name_bytes_max, "media type"));
  if (record.reply) TRY(check(record.reply->media_type, name_bytes_max, "media type"));
  return check(record.reason, reason_bytes_max, "reason");
}

}  // namespace

std::string_view to_string(RecordKind kind) { return kind_words[static_cast<size_t>(kind)]; }
std::string_view to_string(RejectionCause cause) {
  return rejection_words[static_cast<size_t>(cause)];
}

Content Content::of(ByteSpan bytes) {
  if (bytes.empty()) return {};
  return {.size = bytes.size(), .digest = crypto::sha256({content_prefix, bytes})};
}

Content content_in(const Record& record, Slot slot) {
  switch (slot) {
    case Slot::manifest: return record.manifest;
    case Slot::input: return record.input ? record.input->payload.content : Content{};
    case Slot::new_state: return record.new_state ? record.new_state->content : Content{};
    case Slot::reply: return record.reply ? record.reply->content : Content{};
    case Slot::host_results: return record.host_results.content;
    case Slot::effects: return record.effects.content;
  }
  return {};
}

Result<> Record::encode(Bytes& out) const {
  TRY(check_texts(*this));
  out.push_back(record_version);
  out.push_back(static_cast<uint8_t>(kind));
  append(out, chain);
  if (kind != RecordKind::genesis) {
    append(out, parent);
    append_unsigned_leb(out, sequence);
  }
  append_le(out, at_ns);
  append(out, module);
  if (kind != RecordKind::genesis) {
    encode_transition(*this, out);
    return {};
  }
  append_text(out, name);
  append_content(out, manifest);
  append_unsigned_leb(out, fuel_max);
  append_unsigned_leb(out, memory_max);
  append_unsigned_leb(out, payload_max);
  return {};
}

Result<Record> Record::decode(ByteSpan bytes) {
  WireReader in(bytes);
  if (bytes.size() > record_bytes_max) in.fail_here("it is too long");
  Record record;
  const auto version = in.fixed<uint8_t>();
  if (!in.failed() && version != record_version) {
    return fail_at(ErrorKind::unsupported, 0,
                   fmt::format("a record of version {}; this program knows version {}", version,
                               record_version));
  }
  const auto kind = in.fixed<uint8_t>();
  if (kind >= kind_words.size()) in.fail_here("an unknown kind");
  record.kind = static_cast<RecordKind>(kind);
  record.chain = in.digest();
  if (record.kind != RecordKind::genesis) {
    record.parent = in.digest();
    record.sequence = in.number();
    if (record.sequence == 0) in.fail_here("only a genesis has the sequence number 0");
  }
  record.at_ns = in.fixed<uint64_t>();
  record.module = in.digest();
  if (record.kind == RecordKind::genesis) {
    record.name = in.text(name_bytes_max);
    if (record.name.empty()) in.fail_here("an empty name");
    record.manifest = read_content(in);
    record.fuel_max = in.number();
    record.memory_max = in.number();
    record.payload_max = in.number();
  } else {
    decode_transition(in, record);
  }
  TRY(in.finish("a record"));
  return record;
}

}  // namespace cairn::chain
