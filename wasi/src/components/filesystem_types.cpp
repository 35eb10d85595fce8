#include "components/filesystem_types.hpp"

namespace cairn::wasi {

FsError fs_error(Errno code) {
  switch (code) {
    case Errno::acces: return FsError::access;
    case Errno::again: return FsError::would_block;
    case Errno::already: return FsError::already;
    case Errno::badf:
    case Errno::notcapable: return FsError::bad_descriptor;
    case Errno::busy: return FsError::busy;
    case Errno::deadlk: return FsError::deadlock;
    case Errno::dquot: return FsError::quota;
    case Errno::exist: return FsError::exist;
    case Errno::fbig: return FsError::file_too_large;
    case Errno::ilseq: return FsError::illegal_byte_sequence;
    case Errno::inprogress: return FsError::in_progress;
    case Errno::intr: return FsError::interrupted;
    case Errno::inval: return FsError::invalid;
    case Errno::isdir: return FsError::is_directory;
    case Errno::loop: return FsError::loop;
    case Errno::mlink: return FsError::too_many_links;
    case Errno::msgsize: return FsError::message_size;
    case Errno::nametoolong: return FsError::name_too_long;
    case Errno::nodev: return FsError::no_device;
    case Errno::noent: return FsError::no_entry;
    case Errno::nolck: return FsError::no_lock;
    case Errno::mfile:
    case Errno::nfile:
    case Errno::nomem: return FsError::insufficient_memory;
    case Errno::nospc: return FsError::insufficient_space;
    case Errno::notdir: return FsError::not_directory;
    case Errno::notempty: return FsError::not_empty;
    case Errno::notrecoverable: return FsError::not_recoverable;
    case Errno::notsup:
    case Errno::nosys: return FsError::unsupported;
    case Errno::notty: return FsError::no_tty;
    case Errno::nxio: return FsError::no_such_device;
    case Errno::overflow: return FsError::overflow;
    case Errno::perm: return FsError::not_permitted;
    case Errno::pipe: return FsError::pipe;
    case Errno::rofs: return FsError::read_only;
    case Errno::spipe: return FsError::invalid_seek;
    case Errno::txtbsy: return FsError::text_file_busy;
    case Errno::xdev: return FsError::cross_device;
    default: return FsError::io;
  }
}

DescriptorType descriptor_type(FileType type) {
  switch (type) {
    case FileType::block_device: return DescriptorType::block_device;
    case FileType::character_device: return DescriptorType::character_device;
    case FileType::directory: return DescriptorType::directory;
    case FileType::regular_file: return DescriptorType::regular_file;
    case FileType::socket_dgram:
    case FileType::socket_stream: return DescriptorType::socket;
    case FileType::symbolic_link: return DescriptorType::symbolic_link;
    case FileType::unknown: break;
  }
  return DescriptorType::unknown;
}

}  // namespace cairn::wasi
