#include "keys.hpp"

#include <fmt/format.h>
#include <cairn/wasi/http_exchange.hpp>

#include <algorithm>
#include <unordered_map>

namespace cairn::platform {

Result<> check_key(std::string_view key) {
  const bool is_plain = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (is_plain && !key.empty() && key.size() <= key_bytes_max) return {};
  return fail(ErrorKind::invalid,
              fmt::format("an idempotency key has 1 to {} printable characters of ASCII without "
                          "spaces",
                          key_bytes_max));
}

std::string source_of_key(std::string_view key) {
  return std::string(actor::outside_prefix) + std::string(key);
}

namespace {

crypto::Sha256 digest_with(std::string_view what, const chain::Content& content) {
  uint8_t size[8];
  store_le(size, content.size);
  return crypto::sha256({as_bytes(what), size, content.digest});
}

/// Of a message of which the record tells. Where the bytes of a request of HTTP were thrown away,
/// no request is the same any more.
crypto::Sha256 recorded_digest(const chain::StoredRecord& stored) {
  const auto& payload = stored.record.input->payload;
  const auto bytes = stored.content(chain::Slot::input);
  if (payload.media_type == wasi::http_message_type && bytes)
    return digest_of(payload.media_type, *bytes);
  return digest_with(payload.media_type, payload.content);
}

}  // namespace

crypto::Sha256 digest_of(std::string_view media_type, ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  const size_t line_end = text.find("\r\n"), head_end = text.find("\r\n\r\n");
  if (media_type != wasi::http_message_type || head_end == text.npos)
    return digest_with(media_type, chain::Content::of(bytes));
  const std::string what = fmt::format("{} {}", media_type, text.substr(0, line_end));
  return digest_with(what, chain::Content::of(bytes.subspan(head_end + 4)));
}

Keys::Claim Keys::claim(const std::string& actor, const std::string& key,
                        const crypto::Sha256& digest, uint64_t deadline_ns, Done& done,
                        Handled& handled) {
  const uint64_t now_ns = clock_.realtime_ns();
  const std::lock_guard lock(mutex_);
  forget_old(now_ns);
  const auto [at, is_new] = uses_.try_emplace({actor, key});
  Use& use = at->second;
  if (is_new) {
    use.digest = digest;
    use.at_ns = now_ns;
    return Claim::fresh;
  }
  if (use.digest != digest) return Claim::other;
  if (use.handled) {
    handled = *use.handled;
    return Claim::handled;
  }
  use.waiting.push_back({std::move(done), deadline_ns});
  ++waiting_;
  return Claim::waiting;
}

std::vector<Keys::Done> Keys::those_of(Use& use) {
  std::vector<Done> those;
  for (Waiting& one : use.waiting) those.push_back(std::move(one.done));
  use.waiting.clear();
  return those;
}

std::vector<Keys::Done> Keys::expire() {
  const uint64_t now_ns = clock_.monotonic_ns();
  std::vector<Done> late;
  const std::lock_guard lock(mutex_);
  if (waiting_ == 0) return late;
  for (auto& [name, use] : uses_) {
    std::erase_if(use.waiting, [&](Waiting& one) {
      if (one.deadline_ns > now_ns) return false;
      late.push_back(std::move(one.done));
      return true;
    });
  }
  waiting_ -= late.size();
  return late;
}

std::vector<Keys::Done> Keys::settle(const std::string& actor, const std::string& key,
                                     Handled handled) {
  const std::lock_guard lock(mutex_);
  const auto found = uses_.find({actor, key});
  if (found == uses_.end() || found->second.handled) return {};
  reply_bytes_ += handled.reply.size();
  found->second.handled = std::move(handled);
  order_.emplace_back(found->second.at_ns, found->first);
  std::vector<Done> waiting = those_of(found->second);
  waiting_ -= waiting.size();
  return waiting;
}

std::vector<Keys::Done> Keys::abandon(const std::string& actor, const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = uses_.find({actor, key});
  if (found == uses_.end() || found->second.handled) return {};
  std::vector<Done> waiting = those_of(found->second);
  waiting_ -= waiting.size();
  uses_.erase(found);
  return waiting;
}

void Keys::forget_old(uint64_t now_ns) {
  while (!order_.empty() && (order_.size() > keys_max || reply_bytes_ > key_reply_bytes_max ||
                             order_.front().first + key_age_ns_max < now_ns)) {
    const auto [at_ns, name] = std::move(order_.front());
    order_.pop_front();
    // It may have been used anew since.
    const auto oldest = uses_.find(name);
    if (oldest == uses_.end() || oldest->second.at_ns != at_ns || !oldest->second.handled) continue;
    reply_bytes_ -= oldest->second.handled->reply.size();
    uses_.erase(oldest);
  }
}

Result<> Keys::load(const chain::Store& store) {
  std::unordered_map<std::string, std::string> names;  // of chains by their ids
  constexpr size_t page = 1000;
  std::string after;
  for (;;) {
    const auto chains = store.chains(after, page);
    for (const chain::ChainInfo& chain : chains) {
      names.emplace(as_text(chain.id), chain.name);
    }
    if (chains.size() < page) break;
    after = chains.back().name;
  }
  const uint64_t size = store.size();
  const std::lock_guard lock(mutex_);
  for (uint64_t at = size - std::min(size, key_records_max); at < size; ++at) {
    const chain::StoredRecord stored = TRY(store.record(at));
    const chain::Record& record = stored.record;
    if (!record.source || !record.input || !record.source->name.starts_with(actor::outside_prefix))
      continue;
    const auto name = names.find(std::string(as_text(record.chain)));
    if (name == names.end()) continue;
    const std::string key(record.source->name.substr(actor::outside_prefix.size()));
    uses_[{name->second, key}] = {
        .digest = recorded_digest(stored),
        .at_ns = record.at_ns,
        .handled = Handled{.receipt = actor::Receipt{record.sequence, stored.hash}, .reply = {}}};
    order_.emplace_back(record.at_ns, Name{name->second, key});
  }
  forget_old(clock_.realtime_ns());
  return {};
}

size_t Keys::size() const {
  const std::lock_guard lock(mutex_);
  return uses_.size();
}

}  // namespace cairn::platform
