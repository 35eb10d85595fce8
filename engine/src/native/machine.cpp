#include "native/machine.hpp"

#include <cstdlib>

#if defined(__x86_64__)

__asm__(R"(
  .text

  .globl cairn_fiber_start
  .type cairn_fiber_start, @function
  .p2align 4
cairn_fiber_start:
  .cfi_startproc
  .cfi_undefined %rip
  pop %rbp
  pop %rdi
  pop %rax
  call *%rax
  ud2
  .cfi_endproc
  .size cairn_fiber_start, . - cairn_fiber_start

  .globl cairn_native_enter
  .type cairn_native_enter, @function
  .p2align 4
cairn_native_enter:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  push %rbx
  .cfi_offset %rbx, -24
  push %r12
  .cfi_offset %r12, -32
  push %r13
  .cfi_offset %r13, -40
  push %r14
  .cfi_offset %r14, -48
  push %r15
  .cfi_offset %r15, -56
  sub $8, %rsp
  mov %rsp, (%r8)
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  call *%rax
.Lcairn_native_boundary:
  add $8, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
  .size cairn_native_enter, . - cairn_native_enter

  .globl cairn_native_return
  .type cairn_native_return, @function
  .p2align 4
cairn_native_return:
  mov %rdi, %rsp
  jmp .Lcairn_native_boundary
  .size cairn_native_return, . - cairn_native_return

  # Keeps every register that can hold an argument.
  .macro cairn_resolver name, instance, find
  .globl \name
  .type \name, @function
  .p2align 4
\name:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  sub $192, %rsp
  mov %rdi, (%rsp)
  mov %rsi, 8(%rsp)
  mov %rdx, 16(%rsp)
  mov %rcx, 24(%rsp)
  mov %r8, 32(%rsp)
  mov %r9, 40(%rsp)
  mov %r10, 48(%rsp)
  movups %xmm0, 64(%rsp)
  movups %xmm1, 80(%rsp)
  movups %xmm2, 96(%rsp)
  movups %xmm3, 112(%rsp)
  movups %xmm4, 128(%rsp)
  movups %xmm5, 144(%rsp)
  movups %xmm6, 160(%rsp)
  movups %xmm7, 176(%rsp)
  mov \instance, %rsi
  mov %r10, %rdi
  call \find
  mov %rax, %r11
  mov (%rsp), %rdi
  mov 8(%rsp), %rsi
  mov 16(%rsp), %rdx
  mov 24(%rsp), %rcx
  mov 32(%rsp), %r8
  mov 40(%rsp), %r9
  mov 48(%rsp), %r10
  movups 64(%rsp), %xmm0
  movups 80(%rsp), %xmm1
  movups 96(%rsp), %xmm2
  movups 112(%rsp), %xmm3
  movups 128(%rsp), %xmm4
  movups 144(%rsp), %xmm5
  movups 160(%rsp), %xmm6
  movups 176(%rsp), %xmm7
  leave
  .cfi_def_cfa %rsp, 8
  jmp *%r11
  .cfi_endproc
  .size \name, . - \name
  .endm

  cairn_resolver cairn_native_resolve, %r13, cairn_native_find
  cairn_resolver cairn_native_resolve_tail, %rdi, cairn_native_find_tail
)");

#else

// Never reached: without `native_supported` no code is compiled.
extern "C" {
void cairn_fiber_start() { std::abort(); }
void cairn_native_enter(const void*, const void*, const void*, void*, void**) { std::abort(); }
void cairn_native_return(void*) { std::abort(); }
void cairn_native_resolve() { std::abort(); }
void cairn_native_resolve_tail() { std::abort(); }
}

#endif
