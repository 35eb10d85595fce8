(module
  (type (;0;) (struct (field (mut i32)) (field i8)))
  (rec
    (type (;1;) (sub (func)))
    (type (;2;) (sub final 1 (func)))
  )
  (type (;3;) (func (param i32 i64)))
  (type (;4;) (func (param i32)))
  (type (;5;) (func (param i32 i32) (result i32)))
  (type (;6;) (func))
  (import "env" "log" (func (;0;) (type 3) (param i32 i64)))
  (func (;1;) (type 5) (param i32 i32) (result i32)
    (local i64 f32)
    block (;@1;) (result i32)
      local.get 0
      (@metadata.code.branch_hint "\01")
      if (;@2;)
        i32.const 7
        br 1 (;@1;)
      else
        nop
      end
      loop (;@2;)
        local.get 1
        i32.eqz
        br_if 0 (;@2;)
        local.get 1
        br 1 (;@1;)
      end
      local.get 0
      local.get 1
      i32.add
    end
  )
  (func (;2;) (type 6)
    try_table (;@1;) (catch 0 0)
      i32.const -1
      i64.const 9223372036854775807
      call 0
    end
    f32.const nan:0x200000
    drop
    f64.const -1e-323
    drop
  )
  (func (;3;) (type 6)
    v128.const i32x4 0x3f800000 0x40000000 0x40400000 0x7f800000
    drop
    i32.const 0
    i32.load offset=4 align=2
    i32.const 2
    struct.new 0
    struct.get 0 0
    drop
  )
  (table (;0;) 2 funcref)
  (memory (;0;) 1 2)
  (tag (;0;) (type 4) (param i32))
  (global (;0;) (mut i32) i32.const 1 i32.const 2 i32.add)
  (export "memory" (memory 0))
  (export "add" (func 1))
  (start 3)
  (elem (;0;) (i32.const 0) func 1 2)
  (elem (;1;) declare funcref (ref.func 1) (ref.null func))
  (data (;0;) (i32.const 8) "hello \"world\"\0a\00\ff")
  (@custom "meta" (after import) "abc")
  (@custom "name" "\00\05\04demo\01\1b\04\00\03log\01\03add\02\09two words\03\03big\02\15\02\00\01\00\03msg\01\03\00\01a\01\01b\02\03tmp\03\0f\01\01\02\00\03out\02\05again\04\0d\03\00\04pair\01\01x\02\01y\05\04\01\00\01t\06\06\01\00\03mem\07\04\01\00\01g\09\0b\01\00\08greeting\0a\06\01\00\01\00\01a\0b\04\01\00\01e")
)
