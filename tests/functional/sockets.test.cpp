// What `--listen` and `--tcp` hand to a guest, with a peer on this machine.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "command.hpp"

namespace cairn::functional {
namespace {

/// Takes what a descriptor says, up to 64 bytes, to standard output. With --tcp it is descriptor 3
/// and "hello" is sent first; with --listen descriptor 3 accepts it.
std::string guest(const std::string& get_descriptor) {
  return R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\05\00\00\00")   ;; 5 bytes at 16
    (data (i32.const 16) "hello")
    (data (i32.const 32) "\80\00\00\00\40\00\00\00")  ;; 64 bytes at 128
    (func $check (param $error i32)
      (if (local.get $error) (then (call $exit (local.get $error)))))
    (func (export "_start") (local $fd i32)
      )" +
         get_descriptor + R"(
      (call $check (call $read (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 36) (i32.load (i32.const 8)))
      (call $check (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 8))))))";
}

sockaddr_in local_address(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A socket of ours on a port that the system chose.
class Port {
 public:
  Port() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = local_address(0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  ~Port() { close(fd_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  int fd() const { return fd_; }
  uint16_t number() const { return number_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(number_); }

 private:
  int fd_;
  uint16_t number_ = 0;
};

TEST(Sockets, TcpIsAConnection) {
  const Folder folder;
  folder.write("m.wat", guest(R"((local.set $fd (i32.const 3))
      (call $check (call $write (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 8))))"));
  const Port port;
  ASSERT_EQ(listen(port.fd(), 1), 0);
  std::string heard(5, ' ');
  std::thread peer([&] {
    const int connection = accept(port.fd(), nullptr, nullptr);
    EXPECT_EQ(recv(connection, heard.data(), heard.size(), MSG_WAITALL), 5);
    EXPECT_EQ(send(connection, "world\n", 6, 0), 6);
    close(connection);
  });
  const Outcome outcome = cairn(folder, {"run", "--tcp", port.address(), "m.wat"});
  if (outcome.code != 0) shutdown(port.fd(), SHUT_RDWR);  // lets `accept` return
  peer.join();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(heard, "hello");
  EXPECT_EQ(outcome.out, "world\n");
}

TEST(Sockets, ListenAccepts) {
  const Folder folder;
  folder.write("m.wat", guest(R"(
      (call $check (call $accept (i32.const 3) (i32.const 0) (i32.const 8)))
      (local.set $fd (i32.load (i32.const 8))))"));
  // Nobody else is given this port so soon after.
  std::string address;
  uint16_t number = 0;
  {
    const Port port;
    address = port.address();
    number = port.number();
  }
  std::thread peer([&] {
    const sockaddr_in to = local_address(number);
    // The guest's port opens when it does: knock until somebody is there.
    for (int attempt = 0; attempt < 1'000; ++attempt) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
        EXPECT_EQ(send(fd, "knock\n", 6, 0), 6);
        close(fd);
        return;
      }
      close(fd);
      // The guest needs the processor.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "nobody listens on " << address;
  });
  const Outcome outcome = cairn(folder, {"run", "--timeout", "20s", "--listen", address, "m.wat"});
  peer.join();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "knock\n");
}

TEST(Sockets, AreNoneInAComponentAsWhereNobodyHandedThemIn) {
  const Folder folder;
  folder.write("m.wat", R"((module
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_recv"
      (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_send"
      (func $send (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func $expect (param $error i32) (param $fd i32)
      (if (i32.ne (call $accept (local.get $fd) (i32.const 0) (i32.const 8)) (local.get $error))
        (then (call $exit (i32.const 1))))
      (if (i32.ne (local.get $error) (call $recv (local.get $fd) (i32.const 0) (i32.const 1)
            (i32.const 0) (i32.const 8) (i32.const 12)))
        (then (call $exit (i32.const 2))))
      (if (i32.ne (local.get $error) (call $send (local.get $fd) (i32.const 0) (i32.const 1)
            (i32.const 0) (i32.const 8)))
        (then (call $exit (i32.const 3))))
      (if (i32.ne (local.get $error) (call $shutdown (local.get $fd) (i32.const 2)))
        (then (call $exit (i32.const 4)))))
    (func (export "_start")
      (call $expect (i32.const 57) (i32.const 1))     ;; notsock: standard output
      (call $expect (i32.const 8) (i32.const 99))))  ;; badf: nothing
  )");
  EXPECT_EQ(cairn(folder, {"parse", "m.wat", "-o", "m.wasm"}).code, 0);
  const Outcome made = cairn(folder, {"component", "new", "m.wasm", "-o", "c.wasm"});
  EXPECT_EQ(made.code, 0) << made.err;
  for (const char* const file : {"m.wasm", "c.wasm"}) {
    const Outcome outcome = cairn(folder, {"run", file});
    EXPECT_EQ(outcome.code, 0) << file << outcome.err;
  }
}

}  // namespace
}  // namespace cairn::functional
