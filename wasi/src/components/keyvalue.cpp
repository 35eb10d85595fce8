// `wasi:keyvalue` (0.2.0-draft2 of WebAssembly/wasi-keyvalue): store, atomics, batch.

#include <cairn/wasi/key_value.hpp>

#include <charconv>

#include "components/disk_work.hpp"
#include "components/interfaces.hpp"
#include "components/io.hpp"

namespace cairn::wasi {
namespace {

/// As many keys as one `list-keys` gives.
constexpr size_t keys_max = 1024;
/// Of all values that one `get-many` gives.
constexpr size_t batch_bytes_max = size_t{64} << 20;

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

using Store = std::shared_ptr<KeyValueBucket>;

/// Does `work` with a store where it may wait for a disk, and gives what `then` makes of it.
template <class R, class T>
Later<R> ask(HostCall& call, const Store& store,
             std::function<KeyValueResult<T>(KeyValueBucket&)> work,
             std::function<R(KeyValueResult<T>)> then) {
  const DiskWork disk = store->is_slow() ? Guest::of(call).disk_work() : DiskWork::at_once;
  return work_on_disk<R, KeyValueResult<T>>(
      call, disk, [store, work = std::move(work)] { return work(*store); }, std::move(then));
}
template <class T>
Later<Answer<T>> ask(HostCall& call, const Store& store,
                     std::function<KeyValueResult<T>(KeyValueBucket&)> work) {
  return ask<Answer<T>, T>(call, store, std::move(work), &answer<T>);
}

/// The store is the host's; a bucket is a name for it.
struct Bucket {
  Store store;
};
using Self = const HostRef<Bucket>&;

/// What a swap may replace: the value of that version, which is the one that the guest knows. The
/// value itself is in the store, as a guest may have many of these.
struct Cas {
  Store store;
  std::string key;
  uint64_t version = 0;  ///< 0: there is none
};

struct KeyResponse {
  std::vector<std::string> keys;
  std::optional<std::string> cursor;
};

using Found = std::optional<KeyValueBucket::Versioned>;

uint64_t version_of(const Found& found) { return found ? found->version : 0; }
std::optional<Bytes> value_of(Found found) {
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

Later<Answer<std::optional<Bytes>>> get(HostCall& call, Self self, const std::string& key) {
  using Value = std::optional<Bytes>;
  return ask<Value>(call, self->store, [key](KeyValueBucket& store) -> KeyValueResult<Value> {
    return value_of(TRY(store.get(key)));
  });
}

Later<Answer<bool>> exists(HostCall& call, Self self, const std::string& key) {
  return ask<bool>(call, self->store, [key](KeyValueBucket& store) -> KeyValueResult<bool> {
    return TRY(store.get(key)).has_value();
  });
}

using Changes = std::vector<KeyValueBucket::Change>;
Later<Answer<void>> change(HostCall& call, Self self, Changes changes) {
  return ask<void>(call, self->store,
                   [changes = std::move(changes)](KeyValueBucket& store) mutable {
                     return store.change(std::move(changes));
                   });
}

Later<Answer<KeyResponse>> list_keys(HostCall& call, Self self,
                                     const std::optional<std::string>& cursor) {
  return ask<KeyResponse>(
      call, self->store, [cursor](KeyValueBucket& store) -> KeyValueResult<KeyResponse> {
        KeyResponse response{TRY(store.keys_after(cursor, keys_max)), std::nullopt};
        if (response.keys.size() == keys_max) response.cursor = response.keys.back();
        return response;
      });
}

void add_store(ComponentLinker& linker) {
  linker.interface("wasi:keyvalue/store@0.2.0-draft2")
      .resource<Bucket>("bucket")
      .func("open", &open)
      .func("[method]bucket.get", &get)
      .func("[method]bucket.set",
            [](HostCall& call, Self self, const std::string& key, Bytes value) {
              Changes changes;
              changes.push_back({key, std::move(value)});
              return change(call, self, std::move(changes));
            })
      .func("[method]bucket.delete",
            [](HostCall& call, Self self, const std::string& key) {
              return change(call, self, {{key, std::nullopt}});
            })
      .func("[method]bucket.exists", &exists)
      .func("[method]bucket.list-keys", &list_keys);
}

// ---- Atomics ----------------------------------------------------------------------------------

Later<Answer<HostOwn<Cas>>> new_cas(HostCall& call, Self bucket, const std::string& key) {
  const Store& store = bucket->store;
  return ask<Answer<HostOwn<Cas>>, Found>(
      call, store, [key](KeyValueBucket& in) { return in.get(key); },
      [store, key](KeyValueResult<Found> found) -> Answer<HostOwn<Cas>> {
        if (!found) return failed<HostOwn<Cas>>(std::move(found).error());
        return HostOwn<Cas>(std::make_shared<Cas>(Cas{store, key, version_of(*found)}));
      });
}

/// Numbers are kept as decimal text, so that others can read them.
KeyValueResult<int64_t> add(KeyValueBucket& store, const std::string& key, int64_t delta) {
  for (;;) {
    const Found found = TRY(store.get(key));
    int64_t number = 0;
    if (found) {
      const std::string_view text = as_text(found->value);
      const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (status != std::errc{} || end != text.data() + text.size())
        return std::unexpected(KeyValueError{"the value is not a number"});
    }
    if (__builtin_add_overflow(number, delta, &number))
      return std::unexpected(KeyValueError{"the number would be too large"});
    const std::string text = std::to_string(number);
    // Where somebody else was faster, it is tried again: somebody has got on.
    if (TRY(store.replace(key, found ? found->version : 0, Bytes(text.begin(), text.end()))))
      return number;
  }
}

Later<Answer<int64_t>> increment(HostCall& call, Self self, const std::string& key, int64_t delta) {
  return ask<int64_t>(call, self->store,
                      [key, delta](KeyValueBucket& store) { return add(store, key, delta); });
}

/// `cas-error`: the store's, or a handle to try again with.
using CasError = std::variant<StoreError, HostOwn<Cas>>;
using Swapped = std::expected<void, CasError>;
Later<Swapped> swap(HostCall& call, const HostOwn<Cas>& cas, Bytes value) {
  // The version that is there now, if it was not replaced.
  using Other = std::optional<uint64_t>;
  return ask<Swapped, Other>(
      call, cas->store,
      [cas = cas.share(),
       value = std::move(value)](KeyValueBucket& store) mutable -> KeyValueResult<Other> {
        if (TRY(store.replace(cas->key, cas->version, std::move(value)))) return Other();
        return Other(version_of(TRY(store.get(cas->key))));
      },
      [store = cas->store, key = cas->key](KeyValueResult<Other> other) -> Swapped {
        if (!other)
          return std::unexpected(
              CasError(StoreError(std::in_place_index<2>, std::move(other.error().message))));
        if (!*other) return {};
        return std::unexpected(
            CasError(HostOwn<Cas>(std::make_shared<Cas>(Cas{store, key, **other}))));
      });
}

void add_atomics(ComponentLinker& linker) {
  linker.interface("wasi:keyvalue/atomics@0.2.0-draft2")
      .resource<Bucket>("bucket")
      .resource<Cas>("cas")
      .func("[static]cas.new", &new_cas)
      .func("[method]cas.current",
            [](HostCall& call, const HostRef<Cas>& self) {
              // From here on the guest knows this value, so a swap replaces it.
              using Value = std::optional<Bytes>;
              return ask<Answer<Value>, Found>(
                  call, self->store, [key = self->key](KeyValueBucket& in) { return in.get(key); },
                  [cas = self.share()](KeyValueResult<Found> found) -> Answer<Value> {
                    if (!found) return failed<Value>(std::move(found).error());
                    cas->version = version_of(*found);
                    return value_of(*std::move(found));
                  });
            })
      .func("increment", &increment)
      .func("swap", &swap);
}

// ---- Batches ----------------------------------------------------------------------------------

using Pair = std::tuple<std::string, Bytes>;
using Pairs = std::vector<std::optional<Pair>>;
Later<Answer<Pairs>> get_many(HostCall& call, Self self, std::vector<std::string> keys) {
  return ask<Pairs>(
      call, self->store,
      [keys = std::move(keys)](KeyValueBucket& store) mutable -> KeyValueResult<Pairs> {
        Pairs pairs;
        size_t bytes = 0;
        for (std::string& key : keys) {
          Found found = TRY(store.get(key));
          bytes += found ? found->value.size() : 0;
          // The same key may be there a thousand times.
          if (bytes > batch_bytes_max)
            return std::unexpected(KeyValueError{"the values are too large for one batch"});
          if (found)
            pairs.emplace_back(Pair(std::move(key), std::move(found->value)));
          else
            pairs.emplace_back(std::nullopt);
        }
        return pairs;
      });
}

Later<Answer<void>> set_many(HostCall& call, Self self, std::vector<Pair> pairs) {
  Changes changes;
  for (auto& [key, value] : pairs) changes.push_back({std::move(key), std::move(value)});
  return change(call, self, std::move(changes));
}

Later<Answer<void>> delete_many(HostCall& call, Self self, std::vector<std::string> keys) {
  Changes changes;
  for (std::string& key : keys) changes.push_back({std::move(key), std::nullopt});
  return change(call, self, std::move(changes));
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
