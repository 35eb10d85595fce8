#include <cairn/actor/payload.hpp>

#include <cairn/base/result.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

namespace cairn::actor {

/// Counted, and followed by the bytes, the media type and the topic.
struct Payload::Block {
  std::atomic<uint32_t> uses = 1;
  uint32_t size = 0;
  uint32_t media_size = 0;
  uint32_t topic_size = 0;

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  std::string_view media_type() { return as_text({data() + size, media_size}); }
  std::string_view topic() { return as_text({data() + size + media_size, topic_size}); }
};

Payload::Block* Payload::make_block(ByteSpan bytes, std::string_view media_type,
                                    std::string_view topic) {
  void* memory = ::operator new(sizeof(Block) + bytes.size() + media_type.size() + topic.size());
  auto* block = new (memory) Block;
  block->size = static_cast<uint32_t>(bytes.size());
  block->media_size = static_cast<uint32_t>(media_type.size());
  block->topic_size = static_cast<uint32_t>(topic.size());
  uint8_t* at = block->data();
  for (ByteSpan part : {bytes, as_bytes(media_type), as_bytes(topic)}) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return block;
}

Payload::Payload(ByteSpan bytes, std::string_view media_type)
    : size_(static_cast<uint32_t>(bytes.size())), form_(Form::shared) {
  CAIRN_ASSERT(bytes.size() <= UINT32_MAX);
  if (bytes.size() <= inline_bytes) {
    if (media_type == octet_stream) form_ = Form::octets;
    if (media_type == json) form_ = Form::json;
    if (media_type == plain_text) form_ = Form::text;
  }
  if (form_ == Form::shared) {
    block_ = make_block(bytes, media_type, {});
  } else if (!bytes.empty()) {
    std::memcpy(inline_, bytes.data(), bytes.size());
  }
}

Payload Payload::published_to(std::string_view topic) const {
  Payload copy;
  copy.block_ = make_block(bytes(), media_type(), topic);
  copy.size_ = size_;
  copy.form_ = Form::shared;
  return copy;
}

void Payload::share(uint32_t uses) const noexcept {
  block_->uses.fetch_add(uses, std::memory_order_relaxed);
}

void Payload::release(Block* block, uint32_t uses) noexcept {
  if (block->uses.fetch_sub(uses, std::memory_order_acq_rel) == uses) ::operator delete(block);
}

ByteSpan Payload::bytes() const {
  return {form_ == Form::shared ? block_->data() : inline_, size_};
}

std::string_view Payload::media_type() const {
  switch (form_) {
    case Form::octets: return octet_stream;
    case Form::json: return json;
    case Form::text: return plain_text;
    case Form::shared: return block_->media_type();
  }
  return octet_stream;
}

std::string_view Payload::topic() const {
  return form_ == Form::shared ? block_->topic() : std::string_view{};
}

}  // namespace cairn::actor
