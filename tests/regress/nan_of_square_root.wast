;; The NaN that a square root gives may have any sign; what a program puts in its place has the bits
;; that the program says. LLVM takes all NaNs for the same one where it selects by "less than zero".

(module
  (func (export "f32") (param f32) (result i32) (local f32)
    (local.set 1 (f32.sqrt (local.get 0)))
    (i32.reinterpret_f32
      (select (local.get 1) (f32.const nan) (f32.eq (local.get 1) (local.get 1)))))
  (func (export "f64") (param f64) (result i64)
    (i64.reinterpret_f64
      (select (f64.const nan) (f64.sqrt (local.get 0)) (f64.lt (local.get 0) (f64.const 0)))))
  (func (export "f32x4") (param f32) (result i32) (local v128)
    (local.set 1 (f32x4.sqrt (f32x4.splat (local.get 0))))
    (i32x4.extract_lane 3
      (v128.bitselect (local.get 1) (f32x4.splat (f32.const nan))
        (f32x4.eq (local.get 1) (local.get 1)))))
  (func (export "f64x2") (param f64) (result i64) (local v128)
    (local.set 1 (f64x2.sqrt (f64x2.splat (local.get 0))))
    (i64x2.extract_lane 1
      (v128.bitselect (local.get 1) (f64x2.splat (f64.const nan))
        (f64x2.eq (local.get 1) (local.get 1)))))
)
(assert_return (invoke "f32" (f32.const -2)) (i32.const 0x7fc00000))
(assert_return (invoke "f64" (f64.const -2)) (i64.const 0x7ff8000000000000))
(assert_return (invoke "f32x4" (f32.const -2)) (i32.const 0x7fc00000))
(assert_return (invoke "f64x2" (f64.const -2)) (i64.const 0x7ff8000000000000))
(assert_return (invoke "f32" (f32.const 4)) (i32.const 0x40000000))
(assert_return (invoke "f64x2" (f64.const 4)) (i64.const 0x4000000000000000))
