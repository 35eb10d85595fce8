#include "preview1/descriptor_table.hpp"

#include <algorithm>

#include <cairn/base/result.hpp>

namespace cairn::wasi {

Outcome<Descriptor*> DescriptorTable::find(uint32_t fd) {
  if (fd >= slots_.size() || !slots_[fd].handle) return fail(Errno::badf);
  return &slots_[fd];
}

Outcome<Descriptor*> DescriptorTable::find(uint32_t fd, Rights needed) {
  Descriptor* descriptor = TRY(find(fd));
  if ((descriptor->base & needed) != needed) return fail(Errno::notcapable);
  return descriptor;
}

Outcome<uint32_t> DescriptorTable::add(Descriptor descriptor) {
  uint32_t fd = lowest_free_;
  while (fd < slots_.size() && slots_[fd].handle) ++fd;
  if (fd >= size_max_) return fail(Errno::nfile);
  if (fd == slots_.size()) slots_.emplace_back();
  slots_[fd] = std::move(descriptor);
  lowest_free_ = fd + 1;
  return fd;
}

Outcome<> DescriptorTable::remove(uint32_t fd) {
  TRY(find(fd));
  slots_[fd] = {};
  lowest_free_ = std::min(lowest_free_, fd);
  return {};
}

Outcome<> DescriptorTable::renumber(uint32_t from, uint32_t to) {
  TRY(find(from));
  TRY(find(to));
  if (from == to) return {};
  slots_[to] = std::move(slots_[from]);
  slots_[from] = {};
  lowest_free_ = std::min(lowest_free_, from);
  return {};
}

}  // namespace cairn::wasi
