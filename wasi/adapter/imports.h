/// The functions of WASI 0.2 as core functions, and the shapes of their results in memory
/// (CanonicalABI.md, "Flattening" and "Loading").
#ifndef CAIRN_ADAPTER_IMPORTS_H
#define CAIRN_ADAPTER_IMPORTS_H

#include "bridge.h"

typedef int32_t handle;

typedef struct { uint8_t* data; size_t size; } bytes;
typedef struct { bytes* data; size_t size; } strings;
typedef struct { bytes name, value; } variable;
typedef struct { variable* data; size_t size; } variables;
typedef struct { handle directory; bytes path; } preopen;
typedef struct { preopen* data; size_t size; } preopens;
typedef struct { uint32_t* data; size_t size; } indices;
typedef struct { uint64_t seconds; uint32_t nanoseconds; } datetime;
typedef struct { uint8_t some; datetime value; } option_datetime;
typedef struct { uint8_t some; handle value; } option_handle;

typedef struct {
  uint8_t type;
  uint64_t link_count, size;
  option_datetime accessed, modified, changed;
} descriptor_stat;

// Results with an error-code of wasi:filesystem: `failed`, then the code or the value.
typedef struct { uint8_t failed; uint8_t code; } result_none;  // also of one byte: flags, type
typedef struct { uint8_t failed; union { uint8_t code; handle value; }; } result_handle;
typedef struct { uint8_t failed; union { uint8_t code; uint64_t value; }; } result_u64;
typedef struct { uint8_t failed; union { uint8_t code; bytes value; }; } result_bytes;
typedef struct {
  uint8_t failed;
  union { uint8_t code; struct { bytes value; uint8_t at_end; }; };
} result_read;
typedef struct { uint8_t failed; union { uint8_t code; descriptor_stat value; }; } result_stat;
typedef struct { uint8_t failed; union { uint8_t code; uint64_t value[2]; }; } result_hash;
typedef struct {
  uint8_t failed;
  union { uint8_t code; struct { uint8_t some; struct { uint8_t type; bytes name; } entry; }; };
} result_entry;

// Results with a stream-error of wasi:io: `closed`, or a handle of what went wrong.
typedef struct { uint8_t closed; handle error; } stream_error;
typedef struct { uint8_t failed; stream_error error; } stream_result;
typedef struct { uint8_t failed; union { stream_error error; uint64_t value; }; } stream_result_u64;
typedef struct { uint8_t failed; union { stream_error error; bytes value; }; } stream_result_bytes;

#define CLI "wasi:cli/"
#define AT "@0.2.3"

FROM(CLI "environment" AT, "get-environment") void environment_get(variables* out);
FROM(CLI "environment" AT, "get-arguments") void arguments_get(strings* out);
FROM(CLI "exit" AT, "exit") void cli_exit(int32_t failed);
FROM(CLI "exit" AT, "exit-with-code") void cli_exit_with_code(int32_t code);
FROM(CLI "stdin" AT, "get-stdin") handle stdin_get(void);
FROM(CLI "stdout" AT, "get-stdout") handle stdout_get(void);
FROM(CLI "stderr" AT, "get-stderr") handle stderr_get(void);
FROM(CLI "terminal-stdin" AT, "get-terminal-stdin") void terminal_stdin(option_handle* out);
FROM(CLI "terminal-stdout" AT, "get-terminal-stdout") void terminal_stdout(option_handle* out);
FROM(CLI "terminal-stderr" AT, "get-terminal-stderr") void terminal_stderr(option_handle* out);
FROM(CLI "terminal-input" AT, "[resource-drop]terminal-input") void terminal_input_drop(handle);
FROM(CLI "terminal-output" AT, "[resource-drop]terminal-output") void terminal_output_drop(handle);

#define MONOTONIC_CLOCK "wasi:clocks/monotonic-clock" AT
#define WALL_CLOCK "wasi:clocks/wall-clock" AT
FROM(MONOTONIC_CLOCK, "now") uint64_t monotonic_now(void);
FROM(MONOTONIC_CLOCK, "resolution") uint64_t monotonic_resolution(void);
FROM(MONOTONIC_CLOCK, "subscribe-instant") handle monotonic_subscribe_instant(uint64_t when);
FROM(MONOTONIC_CLOCK, "subscribe-duration") handle monotonic_subscribe_duration(uint64_t when);
FROM(WALL_CLOCK, "now") void wall_now(datetime* out);
FROM(WALL_CLOCK, "resolution") void wall_resolution(datetime* out);

FROM("wasi:random/random" AT, "get-random-bytes") void random_bytes(uint64_t size, bytes* out);

#define POLL "wasi:io/poll" AT
#define STREAMS "wasi:io/streams" AT
FROM(POLL, "poll") void poll(const handle* in, size_t count, indices* out);
FROM(POLL, "[resource-drop]pollable") void pollable_drop(handle);
FROM("wasi:io/error" AT, "[resource-drop]error") void error_drop(handle);
FROM(STREAMS, "[method]input-stream.blocking-read")
void input_blocking_read(handle self, uint64_t size, stream_result_bytes* out);
FROM(STREAMS, "[method]input-stream.subscribe") handle input_subscribe(handle self);
FROM(STREAMS, "[method]output-stream.check-write")
void output_check_write(handle self, stream_result_u64* out);
FROM(STREAMS, "[method]output-stream.write")
void output_write(handle self, const uint8_t* data, size_t size, stream_result* out);
FROM(STREAMS, "[method]output-stream.blocking-write-and-flush")
void output_blocking_write(handle self, const uint8_t* data, size_t size, stream_result* out);
FROM(STREAMS, "[method]output-stream.blocking-flush")
void output_blocking_flush(handle self, stream_result* out);
FROM(STREAMS, "[method]output-stream.subscribe") handle output_subscribe(handle self);
FROM(STREAMS, "[resource-drop]input-stream") void input_drop(handle);
FROM(STREAMS, "[resource-drop]output-stream") void output_drop(handle);

#define FILES "wasi:filesystem/types" AT
#define DESCRIPTOR(name) FROM(FILES, "[method]descriptor." name)
FROM("wasi:filesystem/preopens" AT, "get-directories") void preopens_get(preopens* out);
DESCRIPTOR("append-via-stream") void file_append(handle, result_handle* out);
DESCRIPTOR("advise") void file_advise(handle, uint64_t at, uint64_t size, int32_t, result_none*);
DESCRIPTOR("sync-data") void file_sync_data(handle, result_none* out);
DESCRIPTOR("get-flags") void file_flags(handle, result_none* out);
DESCRIPTOR("get-type") void file_type(handle, result_none* out);
DESCRIPTOR("set-size") void file_set_size(handle, uint64_t size, result_none* out);
DESCRIPTOR("set-times")
void file_set_times(handle, int32_t access, uint64_t access_s, int32_t access_ns, int32_t change,
                    uint64_t change_s, int32_t change_ns, result_none* out);
DESCRIPTOR("read") void file_read(handle, uint64_t size, uint64_t at, result_read* out);
DESCRIPTOR("write")
void file_write(handle, const uint8_t* data, size_t size, uint64_t at, result_u64* out);
DESCRIPTOR("read-directory") void file_read_directory(handle, result_handle* out);
DESCRIPTOR("sync") void file_sync(handle, result_none* out);
DESCRIPTOR("create-directory-at")
void file_create_directory(handle, const uint8_t*, size_t, result_none*);
DESCRIPTOR("stat") void file_stat(handle, result_stat* out);
DESCRIPTOR("stat-at")
void file_stat_at(handle, int32_t follow, const uint8_t*, size_t, result_stat*);
DESCRIPTOR("set-times-at")
void file_set_times_at(handle, int32_t follow, const uint8_t*, size_t, int32_t access,
                       uint64_t access_s, int32_t access_ns, int32_t change, uint64_t change_s,
                       int32_t change_ns, result_none* out);
DESCRIPTOR("link-at")
void file_link(handle, int32_t follow, const uint8_t*, size_t, handle to, const uint8_t*, size_t,
               result_none* out);
DESCRIPTOR("open-at")
void file_open(handle, int32_t follow, const uint8_t*, size_t, int32_t open_flags, int32_t flags,
               result_handle* out);
DESCRIPTOR("readlink-at") void file_readlink(handle, const uint8_t*, size_t, result_bytes*);
DESCRIPTOR("remove-directory-at")
void file_remove_directory(handle, const uint8_t*, size_t, result_none*);
DESCRIPTOR("rename-at")
void file_rename(handle, const uint8_t*, size_t, handle to, const uint8_t*, size_t, result_none*);
DESCRIPTOR("symlink-at")
void file_symlink(handle, const uint8_t* old, size_t, const uint8_t*, size_t, result_none*);
DESCRIPTOR("unlink-file-at") void file_unlink(handle, const uint8_t*, size_t, result_none*);
DESCRIPTOR("metadata-hash") void file_hash(handle, result_hash* out);
DESCRIPTOR("metadata-hash-at")
void file_hash_at(handle, int32_t follow, const uint8_t*, size_t, result_hash*);
FROM(FILES, "[method]directory-entry-stream.read-directory-entry")
void directory_next(handle, result_entry* out);
FROM(FILES, "[resource-drop]descriptor") void file_drop(handle);
FROM(FILES, "[resource-drop]directory-entry-stream") void directory_drop(handle);

#endif
