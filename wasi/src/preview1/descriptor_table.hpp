#pragma once
/// The descriptors of one preview-1 program.

#include <cairn/wasi/sandbox/handle.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "preview1/rights.hpp"

namespace cairn::wasi {

struct Descriptor {
  std::shared_ptr<Handle> handle;  ///< null: the number is free
  Rights base = 0;
  Rights inheriting = 0;
  std::optional<std::string> preopen_path = std::nullopt;
};

class DescriptorTable {
 public:
  explicit DescriptorTable(uint32_t size_max) : size_max_(size_max) {}

  /// The descriptor of that number: `badf` when it is not open. Valid until the next change.
  Outcome<Descriptor*> find(uint32_t fd);
  /// The same with rights that it must have: `notcapable`.
  Outcome<Descriptor*> find(uint32_t fd, Rights needed);
  /// Takes the lowest free number: `nfile` when there is none.
  Outcome<uint32_t> add(Descriptor descriptor);
  Outcome<> remove(uint32_t fd);
  /// Moves a descriptor to a number that is open as well; that one is closed.
  Outcome<> renumber(uint32_t from, uint32_t to);
  /// Takes the number behind all others; a descriptor without a handle leaves it free.
  void append(Descriptor descriptor) { slots_.push_back(std::move(descriptor)); }

 private:
  uint32_t size_max_;
  uint32_t lowest_free_ = 0;  ///< no number below is free
  std::vector<Descriptor> slots_;
};

}  // namespace cairn::wasi
