#include <cairn/engine/memory_provider.hpp>

#include <fmt/format.h>

#include <atomic>

namespace cairn::engine {
namespace {

class FailingProvider final : public MemoryProvider {
 public:
  FailingProvider(std::unique_ptr<MemoryProvider> inner, uint64_t fail_on)
      : inner_(std::move(inner)), fail_on_(fail_on) {}

  bool guards() const override { return inner_->guards(); }

  Result<MemoryBlock> allocate(const wasm::MemoryType& type, uint64_t size,
                               uint64_t max_size) override {
    if (++calls_ == fail_on_) return failed();
    return inner_->allocate(type, size, max_size);
  }
  Result<MemoryBlock> allocate_image(const wasm::MemoryType& type, uint64_t size, uint64_t max_size,
                                     uint64_t image) override {
    if (++calls_ == fail_on_) return failed();
    return inner_->allocate_image(type, size, max_size, image);
  }
  bool grow(MemoryBlock& block, uint64_t size) override {
    return ++calls_ != fail_on_ && inner_->grow(block, size);
  }
  void release(MemoryBlock& block) override { inner_->release(block); }

 private:
  std::unexpected<Error> failed() const {
    return fail(ErrorKind::limit, fmt::format("memory request {} was made to fail", fail_on_));
  }

  std::unique_ptr<MemoryProvider> inner_;
  const uint64_t fail_on_;
  std::atomic<uint64_t> calls_ = 0;
};

}  // namespace

std::unique_ptr<MemoryProvider> make_failing_provider(std::unique_ptr<MemoryProvider> inner,
                                                      uint64_t fail_on) {
  return std::make_unique<FailingProvider>(std::move(inner), fail_on);
}

}  // namespace cairn::engine
