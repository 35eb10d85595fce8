// `wasi:filesystem` 0.2 and 0.3 (proposals/filesystem/wit of WebAssembly/WASI). Most functions are
// the same in both versions but for the form of times and errors; what carries bytes is not.

#include "components/disk_work.hpp"
#include "components/filesystem_types.hpp"
#include "components/interfaces.hpp"
#include "components/io.hpp"
#include "components/pumps.hpp"

namespace cairn::wasi {
namespace {

using Self = const HostRef<Descriptor>&;

template <class Face, class T>
using Answer = std::expected<T, typename Face::Error>;

template <class Face, class T>
Answer<Face, T> answer(Outcome<T> outcome) {
  if (!outcome) return std::unexpected(Face::error(outcome.error()));
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(outcome);
}

bool follows(PathFlags flags) { return flags == PathFlags::symlink_follow; }

template <class Face>
Answer<Face, DescriptorStat<Face>> stat(const Outcome<FileStat>& stat) {
  if (!stat) return std::unexpected(Face::error(stat.error()));
  return DescriptorStat<Face>::of(*stat);
}

template <class Face>
Answer<Face, MetadataHash> metadata_hash(const Outcome<FileStat>& stat) {
  if (!stat) return std::unexpected(Face::error(stat.error()));
  return MetadataHash::of(*stat);
}

/// Calls `set` with the two times, if they are such.
template <class Face>
Answer<Face, void> set_times(const NewTimestamp<typename Face::Time>& accessed,
                             const NewTimestamp<typename Face::Time>& modified, auto set) {
  return answer<Face, void>([&]() -> Outcome<> {
    const NewTime new_accessed = TRY(new_time(accessed));
    const NewTime new_modified = TRY(new_time(modified));
    return set(new_accessed, new_modified);
  }());
}

template <class Face>
Answer<Face, HostOwn<Descriptor>> open_at(HostCall& call, Self self, PathFlags path_flags,
                                          const std::string& path, OpenFlags open_flags,
                                          OpenedFlags flags) {
  Outcome<std::shared_ptr<Descriptor>> opened =
      self->open_at(follows(path_flags), path, static_cast<uint8_t>(open_flags),
                    static_cast<DescriptorFlags>(flags));
  if (!opened) return std::unexpected(Face::error(opened.error()));
  if (const Outcome<> counted = Guest::of(call).count((*opened)->handle()); !counted)
    return std::unexpected(Face::error(counted.error()));
  return HostOwn<Descriptor>(*std::move(opened));
}

/// The functions of 0.3 are `async`: while one waits, others of the guest's run.
template <class Face>
DiskWork disk_work(const HostCall& call) {
  return Face::functions_are_async ? DiskWork::in_threads : Guest::of(call).disk_work();
}

/// Does what may wait for a disk, with the descriptor.
template <class Face, class T>
Later<Answer<Face, T>> slow(HostCall& call, Self self,
                            std::function<Outcome<T>(const Descriptor&)> work) {
  const DiskWork disk = self->handle().is_slow() ? disk_work<Face>(call) : DiskWork::at_once;
  return work_on_disk<Answer<Face, T>, Outcome<T>>(
      call, disk, [descriptor = self.share(), work = std::move(work)] { return work(*descriptor); },
      &answer<Face, T>);
}

/// About the open file or directory itself.
template <class Face>
void add_descriptor(HostInterface& types) {
  using Time = NewTimestamp<typename Face::Time>;
  types.resource<Descriptor>("descriptor")
      .func("[method]descriptor.advise",
            [](HostCall&, Self self, uint64_t offset, uint64_t length, Advice advice) {
              return answer<Face, void>(self->advise(offset, length, advice));
            })
      .func("[method]descriptor.sync-data",
            [](HostCall& call, Self self) {
              return slow<Face, void>(call, self, &Descriptor::sync_data);
            })
      .func(
          "[method]descriptor.sync",
          [](HostCall& call, Self self) { return slow<Face, void>(call, self, &Descriptor::sync); })
      .func("[method]descriptor.get-flags",
            [](HostCall&, Self self) -> Answer<Face, OpenedFlags> {
              return static_cast<OpenedFlags>(self->flags());
            })
      .func("[method]descriptor.get-type",
            [](HostCall&, Self self) -> Answer<Face, typename Face::Type> {
              return typename Face::Type{descriptor_type(self->handle().type())};
            })
      .func("[method]descriptor.set-size",
            [](HostCall& call, Self self, uint64_t size) {
              return slow<Face, void>(
                  call, self, [size](const Descriptor& file) { return file.set_size(size); });
            })
      .func("[method]descriptor.set-times",
            [](HostCall&, Self self, const Time& accessed, const Time& modified) {
              return set_times<Face>(accessed, modified,
                                     [&](NewTime a, NewTime m) { return self->set_times(a, m); });
            })
      .func("[method]descriptor.stat",
            [](HostCall&, Self self) { return stat<Face>(self->handle().stat()); })
      .func("[method]descriptor.is-same-object",
            [](HostCall&, Self self, Self other) {
              return self->is_same_object(*other).value_or(false);
            })
      .func("[method]descriptor.metadata-hash",
            [](HostCall&, Self self) { return metadata_hash<Face>(self->handle().stat()); });
}

/// About what is beneath a directory.
template <class Face>
void add_paths(HostInterface& types) {
  using Time = NewTimestamp<typename Face::Time>;
  types.func("[method]descriptor.open-at", &open_at<Face>)
      .func("[method]descriptor.create-directory-at",
            [](HostCall&, Self self, const std::string& path) {
              return answer<Face, void>(self->create_directory_at(path));
            })
      .func("[method]descriptor.stat-at",
            [](HostCall&, Self self, PathFlags flags, const std::string& path) {
              return stat<Face>(self->handle().stat_at(path, follows(flags)));
            })
      .func("[method]descriptor.set-times-at",
            [](HostCall&, Self self, PathFlags flags, const std::string& path, Time accessed,
               Time modified) {
              return set_times<Face>(accessed, modified, [&](NewTime a, NewTime m) {
                return self->set_times_at(follows(flags), path, a, m);
              });
            })
      .func("[method]descriptor.link-at",
            [](HostCall&, Self self, PathFlags flags, const std::string& path, Self to,
               const std::string& to_path) {
              return answer<Face, void>(self->link_at(follows(flags), path, *to, to_path));
            })
      .func("[method]descriptor.readlink-at",
            [](HostCall&, Self self, const std::string& path) {
              return answer<Face, std::string>(self->handle().read_link(path));
            })
      .func("[method]descriptor.remove-directory-at",
            [](HostCall&, Self self, const std::string& path) {
              return answer<Face, void>(self->remove_directory_at(path));
            })
      .func("[method]descriptor.rename-at",
            [](HostCall&, Self self, const std::string& path, Self to, const std::string& to_path) {
              return answer<Face, void>(self->rename_at(path, *to, to_path));
            })
      .func("[method]descriptor.symlink-at",
            [](HostCall&, Self self, const std::string& target, const std::string& path) {
              return answer<Face, void>(self->symlink_at(target, path));
            })
      .func("[method]descriptor.unlink-file-at",
            [](HostCall&, Self self, const std::string& path) {
              return answer<Face, void>(self->unlink_file_at(path));
            })
      .func("[method]descriptor.metadata-hash-at",
            [](HostCall&, Self self, PathFlags flags, const std::string& path) {
              return metadata_hash<Face>(self->handle().stat_at(path, follows(flags)));
            });
}

void add_preopens(ComponentLinker& linker, std::string_view name) {
  linker.interface(name)
      .resource<Descriptor>("descriptor")
      .func("get-directories", [](HostCall& call) {
        std::vector<std::tuple<HostOwn<Descriptor>, std::string>> directories;
        for (const Preopen& preopen : Guest::of(call).config().preopens) {
          const DescriptorFlags flags =
              descriptor_flag::read |
              (preopen.read_only ? DescriptorFlags{0} : descriptor_flag::mutate_directory);
          directories.emplace_back(
              HostOwn<Descriptor>(std::make_shared<Descriptor>(preopen.directory, flags)),
              preopen.guest_path);
        }
        return directories;
      });
}

// ---- 0.2: streams as resources ----------------------------------------------------------------

/// `directory-entry-stream`
struct EntryStream {
  DirectoryReader reader;
  Guest::Place place;
  std::vector<DirectoryEntry> entries = {};
  size_t at = 0;
};

Answer<Fs2, std::optional<DirectoryItem<Fs2>>> next_entry(HostCall&,
                                                          const HostRef<EntryStream>& self) {
  if (self->at == self->entries.size()) {
    Outcome<std::vector<DirectoryEntry>> entries = self->reader.next();
    if (!entries) return std::unexpected(Fs2::error(entries.error()));
    self->entries = *std::move(entries);
    self->at = 0;
  }
  if (self->entries.empty()) return std::nullopt;
  DirectoryEntry& entry = self->entries[self->at++];
  return DirectoryItem<Fs2>{{descriptor_type(entry.type)}, std::move(entry.name)};
}

Answer<Fs2, HostOwn<InputStream>> input(HostCall& call,
                                        Outcome<std::unique_ptr<ByteSource>> source) {
  source = Guest::of(call).count(std::move(source));
  if (!source) return std::unexpected(Fs2::error(source.error()));
  return HostOwn<InputStream>(std::make_shared<InputStream>(*std::move(source)));
}
Answer<Fs2, HostOwn<OutputStream>> output(HostCall& call, Outcome<std::unique_ptr<ByteSink>> sink) {
  sink = Guest::of(call).count(std::move(sink));
  if (!sink) return std::unexpected(Fs2::error(sink.error()));
  return HostOwn<OutputStream>(
      std::make_shared<OutputStream>(Guest::of(call).loop(), *std::move(sink)));
}

using ReadBytes = std::tuple<Bytes, bool>;
Later<Answer<Fs2, ReadBytes>> read_02(HostCall& call, Self self, uint64_t length, uint64_t offset) {
  const auto to_result = [length](Outcome<Bytes> bytes) -> Answer<Fs2, ReadBytes> {
    if (!bytes) return std::unexpected(Fs2::error(bytes.error()));
    const bool ended = bytes->empty() && length > 0;
    return ReadBytes(*std::move(bytes), ended);
  };
  Outcome<Bytes> now = self->read_now(length, offset);
  if (now || now.error() != Errno::again) return to_result(std::move(now));
  return work_on_disk<Answer<Fs2, ReadBytes>, Outcome<Bytes>>(
      call, disk_work<Fs2>(call),
      [file = self.share(), length, offset] { return file->read(length, offset); }, to_result);
}

void add_bytes_02(HostInterface& types) {
  types.resource<InputStream>("input-stream")
      .resource<OutputStream>("output-stream")
      .resource<IoError>("error")
      .resource<EntryStream>("directory-entry-stream")
      .func("[method]descriptor.read-via-stream",
            [](HostCall& call, Self self, uint64_t offset) {
              return input(call,
                           self->source(Guest::of(call).loop(), offset, disk_work<Fs2>(call)));
            })
      .func("[method]descriptor.write-via-stream",
            [](HostCall& call, Self self, uint64_t offset) {
              return output(call, self->sink(Guest::of(call).loop(), offset, disk_work<Fs2>(call)));
            })
      .func("[method]descriptor.append-via-stream",
            [](HostCall& call, Self self) {
              return output(call, self->appender(Guest::of(call).loop(), disk_work<Fs2>(call)));
            })
      .func("[method]descriptor.read", &read_02)
      .func("[method]descriptor.write",
            [](HostCall& call, Self self, Bytes bytes, uint64_t offset) {
              return slow<Fs2, uint64_t>(
                  call, self, [bytes = std::move(bytes), offset](const Descriptor& file) {
                    return file.write(bytes, offset);
                  });
            })
      .func("[method]descriptor.read-directory",
            [](HostCall& call, Self self) -> Answer<Fs2, HostOwn<EntryStream>> {
              if (!self->is_directory()) return std::unexpected(Fs2::error(Errno::notdir));
              Outcome<Guest::Place> place = Guest::of(call).stream_place();
              if (!place) return std::unexpected(Fs2::error(place.error()));
              return HostOwn<EntryStream>(std::make_shared<EntryStream>(
                  EntryStream{DirectoryReader(self->share()), *std::move(place)}));
            })
      .func("[method]directory-entry-stream.read-directory-entry", &next_entry)
      .func("filesystem-error-code", [](HostCall&, const HostRef<IoError>& error) {
        return std::optional<Fs2::Error>(Fs2::error(error->code));
      });
}

// ---- 0.3: native streams ----------------------------------------------------------------------

/// Fills a stream with the entries of a directory.
class EntryPump final : public component::StreamProducer {
 public:
  EntryPump(DirectoryReader reader, Guest::Place place, Promise<Ended<Fs3>> ended)
      : reader_(std::move(reader)), place_(std::move(place)), ended_(std::move(ended)) {}

 private:
  void produce(size_t) override {
    Outcome<std::vector<DirectoryEntry>> entries = reader_.next();
    if (!entries) {
      ended_(std::unexpected(Fs3::error(entries.error())));
      return end();
    }
    if (entries->empty()) {
      ended_({});
      return end();
    }
    component::Value::Sequence items;
    for (DirectoryEntry& entry : *entries) {
      items.push_back(component::Typed<DirectoryItem<Fs3>>::to_value(
          DirectoryItem<Fs3>{{descriptor_type(entry.type)}, std::move(entry.name)}));
    }
    give(std::move(items));
  }
  void dropped() override { ended_({}); }

  DirectoryReader reader_;
  Guest::Place place_;
  Promise<Ended<Fs3>> ended_;
};

using Entries = std::tuple<Stream<DirectoryItem<Fs3>>, Future<Ended<Fs3>>>;
Result<Entries> read_directory(HostCall& call, Self self) {
  auto [future, ended] = TRY(Future<Ended<Fs3>>::make(call));
  std::shared_ptr<component::StreamProducer> pump;
  Outcome<Guest::Place> place = Guest::of(call).stream_place();
  if (self->is_directory() && place) {
    pump = std::make_shared<EntryPump>(DirectoryReader(self->share()), *std::move(place), ended);
  } else {
    ended(std::unexpected(Fs3::error(place ? Errno::notdir : place.error())));
    pump = std::make_shared<EmptyPump>();
  }
  return Entries(TRY(Stream<DirectoryItem<Fs3>>::make(call, std::move(pump))), std::move(future));
}

void add_bytes_03(HostInterface& types) {
  types
      .func("[method]descriptor.read-via-stream",
            [](HostCall& call, Self self, uint64_t offset) {
              Guest& guest = Guest::of(call);
              return read_stream<Fs3>(
                  call, guest.count(self->source(guest.loop(), offset, DiskWork::in_threads)));
            })
      .func("[method]descriptor.write-via-stream",
            [](HostCall& call, Self self, const Stream<uint8_t>& data, uint64_t offset) {
              Guest& guest = Guest::of(call);
              return write_stream<Fs3>(
                  call, data, guest.count(self->sink(guest.loop(), offset, DiskWork::in_threads)));
            })
      .func("[method]descriptor.append-via-stream",
            [](HostCall& call, Self self, const Stream<uint8_t>& data) {
              Guest& guest = Guest::of(call);
              return write_stream<Fs3>(
                  call, data, guest.count(self->appender(guest.loop(), DiskWork::in_threads)));
            })
      .func("[method]descriptor.read-directory", &read_directory);
}

}  // namespace

void add_filesystem(ComponentLinker& linker) {
  HostInterface& types_02 = linker.interface("wasi:filesystem/types@0.2.12");
  add_descriptor<Fs2>(types_02);
  add_paths<Fs2>(types_02);
  add_bytes_02(types_02);
  add_preopens(linker, "wasi:filesystem/preopens@0.2.12");

  HostInterface& types_03 = linker.interface("wasi:filesystem/types@0.3.0");
  add_descriptor<Fs3>(types_03);
  add_paths<Fs3>(types_03);
  add_bytes_03(types_03);
  add_preopens(linker, "wasi:filesystem/preopens@0.3.0");
}

}  // namespace cairn::wasi
