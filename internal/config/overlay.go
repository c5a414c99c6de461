package config

import (
	"reflect"
	"time"

	"sepiola/internal/errs"
)

// Values returns every setting by its path ("transcoding.threads"), as bool,
// string, int64, time.Duration, []string or nil for what is not set. Lists of
// other things are left out.
func (c *Config) Values() map[string]any {
	clone := *c
	values := make(map[string]any)
	tree(&clone).leaves(func(k *key) {
		if v, ok := plain(k.value); ok {
			values[k.path] = v
		}
	})
	return values
}

func plain(v reflect.Value) (any, bool) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, true
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		return v.String(), true
	case reflect.Int, reflect.Int64:
		if v.Type() == durationType {
			return time.Duration(v.Int()), true
		}
		return v.Int(), true
	case reflect.Slice:
		list, ok := v.Interface().([]string)
		return list, ok
	}
	return nil, false
}

// With returns a copy of c with values laid over it: what administrators
// changed on the site. The types are those of Values.
func (c *Config) With(values map[string]any) (*Config, error) {
	clone := *c
	root := tree(&clone)
	for path, v := range values {
		k := root.find(path)
		if k == nil {
			return nil, errs.New(errs.Invalid, "there is no setting %s", path)
		}
		if err := lay(k.value, v); err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "%s", path)
		}
	}
	return &clone, nil
}

func lay(to reflect.Value, v any) error {
	if v == nil {
		to.SetZero()
		return nil
	}
	if to.Kind() == reflect.Pointer {
		inner := reflect.New(to.Type().Elem())
		if err := lay(inner.Elem(), v); err != nil {
			return err
		}
		to.Set(inner)
		return nil
	}
	from := reflect.ValueOf(v)
	if from.Kind() != to.Kind() && (!from.CanInt() || !to.CanInt()) || !from.CanConvert(to.Type()) {
		return errs.New(errs.Invalid, "the value has another type: %T", v)
	}
	to.Set(from.Convert(to.Type()))
	return nil
}
