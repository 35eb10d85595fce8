#include "names.hpp"

#include "thread_number.hpp"

namespace cairn::actor {

class Names::All {
 public:
  explicit All(Names& names) : names_(names) {
    for (Stripe& stripe : names_.stripes_) stripe.mutex.lock();
  }
  ~All() {
    for (Stripe& stripe : names_.stripes_) stripe.mutex.unlock();
  }
  All(const All&) = delete;
  All& operator=(const All&) = delete;

 private:
  Names& names_;
};

ActorId Names::find(std::string_view name) const {
  std::lock_guard lock(stripes_[number_of_this_thread() % stripes_.size()].mutex);
  auto known = ids_.find(name);
  return known == ids_.end() ? ActorId() : known->second;
}

bool Names::add(std::string_view name, ActorId id) {
  All all(*this);
  const auto [at, added] = ids_.try_emplace(std::string(name), id);
  if (added) names_[id] = &at->first;
  return added;
}

std::string Names::name_of(ActorId id) const {
  std::lock_guard lock(stripes_[number_of_this_thread() % stripes_.size()].mutex);
  auto known = names_.find(id);
  return known == names_.end() ? std::string() : *known->second;
}

void Names::remove(std::string_view name, ActorId id) {
  All all(*this);
  auto known = ids_.find(name);
  if (known == ids_.end() || known->second != id) return;
  names_.erase(id);
  ids_.erase(known);
}

}  // namespace cairn::actor
