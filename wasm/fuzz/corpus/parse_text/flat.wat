(func $f (param $x i32) (result f64) local.get $x if (result f64) f64.const 0x1.8p3 else f64.const nan:0x4 end
 block $l loop br_table 0 $l 1 end end (v128.load8_lane offset=1 align=1 3 (i32.const 0) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)) drop)
(memory i64 1 2) (table $t 1 funcref (ref.null func)) (elem (table $t) (i32.const 0) funcref (item ref.func $f))
