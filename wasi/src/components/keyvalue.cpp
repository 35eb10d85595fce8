// `wasi:keyvalue` (0.2.0-draft2 of WebAssembly/wasi-keyvalue): store, atomics, batch.

#include <cairn/wasi/key_value.hpp>

#include <charconv>

#include "components/interfaces.hpp"
#include "components/io.hpp"

namespace cairn::wasi {
namespace {

/// As many keys as one `list-keys` gives.
constexpr size_t keys_max = 1024;

/// `store.error`: no such store, access denied, something else.
using StoreError = std::variant<std::monostate, std::monostate, std::string>;
template <class T>
using Answer = std::expected<T, StoreError>;

template <class T>
Answer<T> failed(KeyValueError error) {
  return std::unexpected(StoreError(std::in_place_index<2>, std::move(error.message)));
}
template <class T>
Answer<T> answer(KeyValueResult<T> result) {
  if (!result) return failed<T>(std::move(result).error());
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(result);
}

/// The store is the host's; a bucket is a name for it.
struct Bucket {
  std::shared_ptr<KeyValueBucket> store;
};
using Self = const HostRef<Bucket>&;

/// What a swap may replace.
struct Cas {
  std::shared_ptr<KeyValueBucket> store;
  std::string key;
  std::optional<KeyValueBucket::Versioned> current;
};

struct KeyResponse {
  std::vector<std::string> keys;
  std::optional<std::string> cursor;
};

std::optional<Bytes> value_of(std::optional<KeyValueBucket::Versioned> found) {
  if (!found) return std::nullopt;
  return std::move(found->value);
}

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Described<cairn::wasi::KeyResponse> {
  using T = cairn::wasi::KeyResponse;
  static constexpr auto fields = std::tuple{Field{"keys", &T::keys}, Field{"cursor", &T::cursor}};
};

namespace cairn::wasi {
namespace {

Answer<HostOwn<Bucket>> open(HostCall& call, const std::string& name) {
  const auto& buckets = Guest::of(call).config().buckets;
  const auto found = buckets.find(name);
  if (found == buckets.end()) return std::unexpected(StoreError(std::in_place_index<0>));
  return HostOwn<Bucket>(std::make_shared<Bucket>(found->second));
}

Answer<std::optional<Bytes>> get(const Bucket& bucket, const std::string& key) {
  auto found = bucket.store->get(key);
  if (!found) return failed<std::optional<Bytes>>(std::move(found).error());
  return value_of(*std::move(found));
}

Answer<KeyResponse> list_keys(HostCall&, Self self, const std::optional<std::string>& cursor) {
  auto keys = self->store->keys_after(cursor, keys_max);
  if (!keys) return failed<KeyResponse>(std::move(keys).error());
  KeyResponse response{*std::move(keys), std::nullopt};
  if (response.keys.size() == keys_max) response.cursor = response.keys.back();
  return response;
}

void add_store(ComponentLinker& linker) {
  linker.interface("wasi:keyvalue/store@0.2.0-draft2")
      .resource<Bucket>("bucket")
      .func("open", &open)
      .func("[method]bucket.get",
            [](HostCall&, Self self, const std::string& key) { return get(*self, key); })
      .func("[method]bucket.set",
            [](HostCall&, Self self, const std::string& key, Bytes value) {
              return answer(self->store->set(key, std::move(value)));
            })
      .func("[method]bucket.delete",
            [](HostCall&, Self self, const std::string& key) {
              return answer(self->store->erase(key));
            })
      .func("[method]bucket.exists",
            [](HostCall&, Self self, const std::string& key) -> Answer<bool> {
              const auto found = self->store->get(key);
              if (!found) return failed<bool>(found.error());
              return found->has_value();
            })
      .func("[method]bucket.list-keys", &list_keys);
}

// ---- Atomics ----------------------------------------------------------------------------------

Answer<HostOwn<Cas>> new_cas(const std::shared_ptr<KeyValueBucket>& store, const std::string& key) {
  auto found = store->get(key);
  if (!found) return failed<HostOwn<Cas>>(std::move(found).error());
  return HostOwn<Cas>(std::make_shared<Cas>(Cas{store, key, *std::move(found)}));
}

/// Numbers are kept as decimal text, so that others can read them.
Answer<int64_t> increment(HostCall&, Self self, const std::string& key, int64_t delta) {
  for (;;) {
    const auto found = self->store->get(key);
    if (!found) return failed<int64_t>(found.error());
    int64_t number = 0;
    if (*found) {
      const std::string_view text = as_text((*found)->value);
      const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (status != std::errc{} || end != text.data() + text.size())
        return failed<int64_t>({"the value is not a number"});
    }
    if (__builtin_add_overflow(number, delta, &number))
      return failed<int64_t>({"the number would be too large"});
    const std::string text = std::to_string(number);
    const auto replaced =
        self->store->replace(key, *found ? (*found)->version : 0, Bytes(text.begin(), text.end()));
    if (!replaced) return failed<int64_t>(replaced.error());
    if (*replaced) return number;
  }
}

/// `cas-error`: the store's, or a handle to try again with.
using CasError = std::variant<StoreError, HostOwn<Cas>>;
std::expected<void, CasError> swap(HostCall&, const HostOwn<Cas>& cas, Bytes value) {
  const uint64_t version = cas->current ? cas->current->version : 0;
  const auto replaced = cas->store->replace(cas->key, version, std::move(value));
  if (!replaced)
    return std::unexpected(CasError(StoreError(std::in_place_index<2>, replaced.error().message)));
  if (*replaced) return {};
  Answer<HostOwn<Cas>> fresh = new_cas(cas->store, cas->key);
  if (!fresh) return std::unexpected(CasError(std::move(fresh).error()));
  return std::unexpected(CasError(*std::move(fresh)));
}

void add_atomics(ComponentLinker& linker) {
  linker.interface("wasi:keyvalue/atomics@0.2.0-draft2")
      .resource<Bucket>("bucket")
      .resource<Cas>("cas")
      .func("[static]cas.new", [](HostCall&, Self bucket,
                                  const std::string& key) { return new_cas(bucket->store, key); })
      .func("[method]cas.current",
            [](HostCall&, const HostRef<Cas>& self) -> Answer<std::optional<Bytes>> {
              return value_of(self->current);
            })
      .func("increment", &increment)
      .func("swap", &swap);
}

// ---- Batches ----------------------------------------------------------------------------------

using Pair = std::tuple<std::string, Bytes>;
Answer<std::vector<std::optional<Pair>>> get_many(HostCall&, Self self,
                                                  std::vector<std::string> keys) {
  std::vector<std::optional<Pair>> pairs;
  for (std::string& key : keys) {
    Answer<std::optional<Bytes>> value = get(*self, key);
    if (!value) return std::unexpected(std::move(value).error());
    if (*value)
      pairs.emplace_back(Pair(std::move(key), **std::move(value)));
    else
      pairs.emplace_back(std::nullopt);
  }
  return pairs;
}

Answer<void> set_many(HostCall&, Self self, std::vector<Pair> pairs) {
  for (auto& [key, value] : pairs)
    if (auto set = self->store->set(key, std::move(value)); !set) return answer(std::move(set));
  return {};
}

Answer<void> delete_many(HostCall&, Self self, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    if (auto erased = self->store->erase(key); !erased) return answer(std::move(erased));
  return {};
}

}  // namespace

void add_keyvalue(ComponentLinker& linker) {
  add_store(linker);
  add_atomics(linker);
  linker.interface("wasi:keyvalue/batch@0.2.0-draft2")
      .resource<Bucket>("bucket")
      .func("get-many", &get_many)
      .func("set-many", &set_many)
      .func("delete-many", &delete_many);
}

}  // namespace cairn::wasi
