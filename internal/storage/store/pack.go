package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"time"

	"sepiola/internal/domain/actor"
)

// Values that are kept for long lie packed in one string each: it is a quarter
// of their size, and nothing for the garbage collector to look through. What is
// taken out again shares its texts with that string.
//
// A packer is made once of a type: structs of exported fields, numbers, texts,
// times (which come back in UTC), and slices of, maps of and pointers to such.
// Fields of the types that are left out come back as their zero values.
type packer struct {
	put  func(b []byte, v reflect.Value) []byte
	take func(r *unpacking, v reflect.Value)
}

// unpacking is what is left of a packed string.
type unpacking struct {
	left   string
	broken bool
}

var errBroken = errors.New("what was packed is broken")

// packings are what is packed in, before it is a string of the right length.
var packings = sync.Pool{New: func() any { return new([]byte) }}

// maxPacking is what one may hold to be used again, in bytes.
const maxPacking = 64 << 10

// pack packs what p points to.
func (p packer) pack(of any) string {
	b, _ := packings.Get().(*[]byte)
	*b = p.put((*b)[:0], reflect.ValueOf(of).Elem())
	packed := string(*b)
	if cap(*b) <= maxPacking {
		packings.Put(b)
	}
	return packed
}

// unpack fills what into points to, which must be zero.
func (p packer) unpack(packed string, into any) error {
	r := unpacking{left: packed}
	p.take(&r, reflect.ValueOf(into).Elem())
	if r.broken || r.left != "" {
		return errBroken
	}
	return nil
}

// newPacker makes the packer of a type. It panics when it has none: types are
// those of the program.
func newPacker(t reflect.Type, without ...reflect.Type) packer {
	for _, left := range without {
		if t == left {
			return packer{
				put:  func(b []byte, _ reflect.Value) []byte { return b },
				take: func(*unpacking, reflect.Value) {},
			}
		}
	}
	if t == reflect.TypeFor[time.Time]() {
		return packer{putTime, takeTime}
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float64, reflect.String:
		return packPlain(t.Kind())
	case reflect.Struct:
		if t == reflect.TypeFor[actor.Actor]() {
			return packActor(packStruct(t, without))
		}
		return packStruct(t, without)
	case reflect.Slice:
		return packSlice(newPacker(t.Elem(), without...))
	case reflect.Map:
		return packMap(newPacker(t.Key(), without...), newPacker(t.Elem(), without...))
	case reflect.Pointer:
		return packPointer(newPacker(t.Elem(), without...))
	case reflect.Uint8: // of []byte
		return packer{
			put:  func(b []byte, v reflect.Value) []byte { return append(b, byte(v.Uint())) },
			take: func(r *unpacking, v reflect.Value) { v.SetUint(uint64(r.byte())) },
		}
	default:
		panic(fmt.Sprintf("%s cannot be packed", t))
	}
}

func packPlain(k reflect.Kind) packer {
	switch k {
	case reflect.Bool:
		return packer{
			put: func(b []byte, v reflect.Value) []byte {
				if v.Bool() {
					return append(b, 1)
				}
				return append(b, 0)
			},
			take: func(r *unpacking, v reflect.Value) { v.SetBool(r.byte() == 1) },
		}
	case reflect.Float64:
		return packer{
			put: func(b []byte, v reflect.Value) []byte {
				return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float()))
			},
			take: func(r *unpacking, v reflect.Value) { v.SetFloat(math.Float64frombits(r.uint64())) },
		}
	case reflect.String:
		return packer{
			put: func(b []byte, v reflect.Value) []byte {
				return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...)
			},
			take: func(r *unpacking, v reflect.Value) { v.SetString(r.text(r.size())) },
		}
	default:
		return packer{
			put:  func(b []byte, v reflect.Value) []byte { return binary.AppendVarint(b, v.Int()) },
			take: func(r *unpacking, v reflect.Value) { v.SetInt(r.int()) },
		}
	}
}

func packStruct(t reflect.Type, without []reflect.Type) packer {
	fields := make([]packer, t.NumField())
	for i := range fields {
		if f := t.Field(i); !f.IsExported() {
			panic(fmt.Sprintf("%s.%s cannot be packed", t, f.Name))
		}
		fields[i] = newPacker(t.Field(i).Type, without...)
	}
	return packer{
		put: func(b []byte, v reflect.Value) []byte {
			for i, f := range fields {
				b = f.put(b, v.Field(i))
			}
			return b
		},
		take: func(r *unpacking, v reflect.Value) {
			for i, f := range fields {
				f.take(r, v.Field(i))
			}
		},
	}
}

// packSlice writes how many there are and one; nil is 0.
func packSlice(one packer) packer {
	return packer{
		put: func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, 0)
			}
			b = binary.AppendUvarint(b, uint64(v.Len())+1)
			for i := range v.Len() {
				b = one.put(b, v.Index(i))
			}
			return b
		},
		take: func(r *unpacking, v reflect.Value) {
			n, ok := r.count()
			if !ok {
				return
			}
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				one.take(r, v.Index(i))
			}
		},
	}
}

// packMap writes how many there are and one, and each key with its value; nil
// is 0.
func packMap(key, value packer) packer {
	return packer{
		put: func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, 0)
			}
			b = binary.AppendUvarint(b, uint64(v.Len())+1)
			for each := v.MapRange(); each.Next(); {
				b = value.put(key.put(b, each.Key()), each.Value())
			}
			return b
		},
		take: func(r *unpacking, v reflect.Value) {
			n, ok := r.count()
			if !ok {
				return
			}
			v.Set(reflect.MakeMapWithSize(v.Type(), n))
			k, it := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			for range n {
				key.take(r, k)
				it.SetZero()
				value.take(r, it)
				v.SetMapIndex(k, it)
			}
		},
	}
}

func packPointer(to packer) packer {
	return packer{
		put: func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, 0)
			}
			return to.put(append(b, 1), v.Elem())
		},
		take: func(r *unpacking, v reflect.Value) {
			if r.byte() == 1 {
				v.Set(reflect.New(v.Type().Elem()))
				to.take(r, v.Elem())
			}
		},
	}
}

// putTime writes seconds and nanoseconds: the zero time has none since 1970.
func putTime(b []byte, v reflect.Value) []byte {
	t := v.Interface().(time.Time) //nolint:forcetypeassert // of that type
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

func takeTime(r *unpacking, v reflect.Value) {
	seconds := r.int()
	*v.Addr().Interface().(*time.Time) = time.Unix(seconds, int64(r.size())).UTC() //nolint:forcetypeassert // of that type
}

// count reads how many a slice or a map holds, no more than may follow; ok is
// false where it is nil.
func (r *unpacking) count() (n int, ok bool) {
	n = r.size()
	if n == 0 || n-1 > len(r.left) {
		r.broken = r.broken || n != 0
		return 0, false
	}
	return n - 1, true
}

func (r *unpacking) text(n int) (s string) {
	if n > len(r.left) {
		r.broke()
		return ""
	}
	s, r.left = r.left[:n], r.left[n:]
	return s
}

func (r *unpacking) broke() { r.left, r.broken = "", true }

func (r *unpacking) byte() (c byte) {
	if r.left == "" {
		r.broken = true
		return 0
	}
	c, r.left = r.left[0], r.left[1:]
	return c
}

func (r *unpacking) uint64() (n uint64) {
	for i, c := range []byte(r.text(8)) {
		n |= uint64(c) << (8 * i)
	}
	return n
}

// size reads a number of at most 31 bits, as binary.AppendUvarint writes it.
func (r *unpacking) size() int {
	n := r.uvarint()
	if n > math.MaxInt32 {
		r.broke()
		return 0
	}
	return int(n)
}

func (r *unpacking) uvarint() (n uint64) {
	for i := range min(len(r.left), binary.MaxVarintLen64) {
		c := r.left[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.left = r.left[i+1:]
			return n
		}
	}
	r.broke()
	return 0
}

// int reads a number as binary.AppendVarint writes it.
func (r *unpacking) int() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}
