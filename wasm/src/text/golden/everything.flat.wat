(module $demo
  (type $pair (;0;) (struct (field $a (mut i32)) (field i8)))
  (rec
    (type $x (;1;) (sub (func)))
    (type $y (;2;) (sub final $x (func)))
  )
  (type (;3;) (func (param i32 i64)))
  (type (;4;) (func (param i32)))
  (type (;5;) (func (param i32 i32) (result i32)))
  (type (;6;) (func))
  (import "env" "log" (func $log (;0;) (type 3) (param $msg i32) (param i64)))
  (func $add (;1;) (type 5) (param $a i32) (param $b i32) (result i32)
    (local $tmp i64) (local f32)
    block $out (result i32)
      local.get $a
      (@metadata.code.branch_hint "\01")
      if (;@2;)
        i32.const 7
        br $out
      else
        nop
      end
      loop $again
        local.get $b
        i32.eqz
        br_if $again
        local.get $b
        br $out
      end
      local.get $a
      local.get $b
      i32.add
    end
  )
  (func $"two words" (;2;) (type 6)
    try_table (;@1;) (catch $e 0)
      i32.const -1
      i64.const 9223372036854775807
      call $log
    end
    f32.const nan:0x200000
    drop
    f64.const -1e-323
    drop
  )
  (func $big (;3;) (type 6)
    v128.const i32x4 0x3f800000 0x40000000 0x40400000 0x7f800000
    drop
    i32.const 0
    i32.load offset=4 align=2
    i32.const 2
    struct.new $pair
    struct.get $pair $a
    drop
  )
  (table $t (;0;) 2 funcref)
  (memory $mem (;0;) 1 2)
  (tag $e (;0;) (type 4) (param i32))
  (global $g (;0;) (mut i32) i32.const 1 i32.const 2 i32.add)
  (export "memory" (memory $mem))
  (export "add" (func $add))
  (start $big)
  (elem (;0;) (i32.const 0) func $add $"two words")
  (elem (;1;) declare funcref (ref.func $add) (ref.null func))
  (data $greeting (;0;) (i32.const 8) "hello \"world\"\0a\00\ff")
  (@custom "meta" (after import) "abc")
)
