package rest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"sepiola/internal/errs"
)

// MaxBody is the size of a body without files, in bytes, that is read.
const MaxBody = 1 << 20

// Body decodes a JSON or urlencoded body into a T, a struct of Fields. An
// empty body is an empty T, and so is one of another type: what is needed is
// then missing, as PeerTube says too. A body without a type is taken for JSON. Fields that are not T's are ignored. Fields of the
// wrong type, and those with a NUL, are one errs.Invalid error that names them
// all.
func Body[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var in T
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return in, errs.New(errs.TooLarge, "request entity too large")
		}
		return in, errs.Wrap(errs.Invalid, err, "the body ended early")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == formType {
		values, err := url.ParseQuery(string(b))
		if err != nil {
			return in, errs.Wrap(errs.Invalid, err, "the form cannot be read")
		}
		return Form[T](values)
	}
	if !isJSON(kind) || len(strings.TrimSpace(string(b))) == 0 {
		return in, nil
	}
	return decode[T](b)
}

const formType = "application/x-www-form-urlencoded"

func isJSON(kind string) bool {
	return kind == "" || kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// Form decodes the values of a form (urlencoded, or the fields of a multipart
// one) whose names may be nested: a[b]=c, a[]=c, a[0][b]=c.
func Form[T any](values url.Values) (T, error) {
	b, err := json.Marshal(nest(values))
	if err != nil {
		var zero T
		return zero, err
	}
	return decode[T](b)
}

func decode[T any](b []byte) (T, error) {
	var in T
	if err := json.Unmarshal(b, &in); err != nil {
		return in, errs.Wrap(errs.Invalid, err, "%s", syntaxMessage(err)).WithCode("SyntaxError")
	}
	if bad := append(badFields(reflect.ValueOf(in)), withNUL(b)...); len(bad) > 0 {
		return in, errs.Fields(bad...)
	}
	return in, nil
}

func syntaxMessage(err error) string {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "The body must be a JSON object"
	}
	if strings.Contains(err.Error(), "unexpected end of JSON input") {
		return "Unexpected end of JSON input"
	}
	return "The body is not valid JSON: " + err.Error()
}

// badFields walks the top level of a struct.
func badFields(v reflect.Value) []errs.Param {
	var bad []errs.Param
	if v.Kind() != reflect.Struct {
		return nil
	}
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		f, ok := v.Field(i).Interface().(interface{ badValue() (any, bool) })
		if !ok {
			continue
		}
		if value, isBad := f.badValue(); isBad {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			bad = append(bad, errs.Param{Name: name, Value: value})
		}
	}
	return bad
}
