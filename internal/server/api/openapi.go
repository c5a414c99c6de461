package api

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"sepiola/internal/server/rest"
)

//go:embed openapi
var openAPIFiles embed.FS

// OpenAPI serves the description of this API: as an OpenAPI 3.1 document and
// as a page. It is written in openapi/*.txt, a line for each route.
type OpenAPI struct {
	// Title and Version are those of the document.
	Title, Version string

	once       sync.Once
	json, page []byte
	err        error
}

// Mount adds the routes to r.
func (h *OpenAPI) Mount(r *rest.Router) {
	r.Get("/openapi.json", h.document)
	r.Get("/openapi.html", h.read)
}

func (h *OpenAPI) document(w http.ResponseWriter, _ *http.Request) error {
	return h.send(w, "application/json; charset=utf-8", func() []byte { return h.json })
}

func (h *OpenAPI) read(w http.ResponseWriter, _ *http.Request) error {
	return h.send(w, "text/html; charset=utf-8", func() []byte { return h.page })
}

func (h *OpenAPI) send(w http.ResponseWriter, contentType string, body func() []byte) error {
	h.once.Do(h.build)
	if h.err != nil {
		return h.err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body()) // the client may be gone
	return nil
}

func (h *OpenAPI) build() {
	d, err := readOpenAPI(openAPIFiles)
	if err != nil {
		h.err = err
		return
	}
	if h.json, err = json.Marshal(d.document(h.Title, h.Version)); err != nil {
		h.err = err
		return
	}
	var b strings.Builder
	h.err = openAPIPage.Execute(&b, struct {
		Title, Version string
		Groups         []openAPIGroup
	}{h.Title, h.Version, d.groups})
	h.page = []byte(b.String())
}

// openAPIDescription is what openapi/*.txt say.
type openAPIDescription struct {
	groups  []openAPIGroup
	schemas object
}

// openAPIGroup is the routes of one file.
type openAPIGroup struct {
	Name   string
	Routes []openAPIRoute
}

// openAPIRoute is one line.
type openAPIRoute struct {
	Method, Path   string
	Login          bool
	Query          []string
	Body           []openAPIField
	Status, Answer string
	Summary        string
}

// openAPIField is a field of a body or a schema.
type openAPIField struct {
	Name, Type string
	Required   bool
}

func readOpenAPI(files fs.FS) (*openAPIDescription, error) {
	names, err := fs.Glob(files, "openapi/*.txt")
	if err != nil {
		return nil, err
	}
	d := new(openAPIDescription)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if err := d.add(strings.TrimSuffix(path.Base(name), ".txt"), string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return d, nil
}

func (d *openAPIDescription) add(name, text string) error {
	group := openAPIGroup{Name: name}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if name == "schemas" {
			schema, members, _ := strings.Cut(line, ":")
			d.schemas = append(d.schemas, member{schema, openAPIObject(openAPIFields(members))})
			continue
		}
		route, err := parseOpenAPIRoute(line)
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		group.Routes = append(group.Routes, route)
	}
	if len(group.Routes) > 0 {
		d.groups = append(d.groups, group)
	}
	return nil
}

func parseOpenAPIRoute(line string) (r openAPIRoute, err error) {
	asked, summary, ok := strings.Cut(line, " # ")
	asked, answer, ok2 := strings.Cut(asked, " -> ")
	if !ok || !ok2 {
		return r, errors.New("neither an answer (->) nor a summary (#)")
	}
	r.Summary = summary
	r.Status, r.Answer, _ = strings.Cut(answer, " ")
	head, body, _ := strings.Cut(asked, " {")
	r.Body = openAPIFields(strings.TrimSuffix(body, "}"))
	words := strings.Fields(head)
	if len(words) < 2 {
		return r, errors.New("no path")
	}
	r.Method, r.Login = strings.CutSuffix(words[0], "*")
	r.Path = words[1]
	if len(words) > 2 {
		r.Query = strings.Split(strings.TrimPrefix(words[2], "?"), ",")
	}
	return r, nil
}

func openAPIFields(text string) []openAPIField {
	var list []openAPIField
	for word := range strings.FieldsSeq(text) {
		word, required := strings.CutSuffix(word, "!")
		name, kind, typed := strings.Cut(word, ":")
		if !typed {
			kind = "string"
		}
		list = append(list, openAPIField{name, kind, required})
	}
	return list
}

// document is the OpenAPI 3.1 document.
func (d *openAPIDescription) document(title, version string) *object {
	o := new(object)
	o.set("openapi", "3.1.0")
	o.set("info", object{{"title", title}, {"version", version}, {"license", object{{"name", "AGPL-3.0-or-later"}, {"identifier", "AGPL-3.0-or-later"}}}})
	o.set("servers", []object{{{"url", "/api/v1"}}})
	o.set("paths", d.paths())
	o.set("components", object{
		{"schemas", d.schemas},
		{"securitySchemes", object{{"login", object{{"type", "http"}, {"scheme", "bearer"}}}}},
	})
	return o
}

func (d *openAPIDescription) paths() object {
	var paths object
	for _, group := range d.groups {
		for _, r := range group.Routes {
			i := slices.IndexFunc(paths, func(m member) bool { return m.name == r.Path })
			if i < 0 {
				paths, i = append(paths, member{r.Path, object{}}), len(paths)
			}
			methods, _ := paths[i].value.(object)
			paths[i].value = append(methods, member{strings.ToLower(r.Method), r.operation(group.Name)})
		}
	}
	return paths
}

func (r openAPIRoute) operation(tag string) object {
	o := object{{"tags", []string{tag}}, {"summary", r.Summary}}
	if params := r.parameters(); len(params) > 0 {
		o = append(o, member{"parameters", params})
	}
	if len(r.Body) > 0 {
		o = append(o, member{"requestBody", object{{"content", object{{r.bodyType(), object{{"schema", openAPIObject(r.Body)}}}}}}})
	}
	answer := object{{"description", r.Summary}}
	if r.Answer != "" {
		schema := openAPIType(r.Answer)
		if item, ok := strings.CutSuffix(r.Answer, "[]"); ok && item != "string" {
			schema = object{{"type", "object"}, {"properties", object{{"total", openAPIType("integer")}, {"data", schema}}}}
		}
		answer = append(answer, member{"content", object{{"application/json", object{{"schema", schema}}}}})
	}
	wrong := object{{"description", "What is wrong."}, {"content", object{{"application/problem+json", object{{"schema", openAPIType("Problem")}}}}}}
	o = append(o, member{"responses", object{{r.Status, answer}, {"default", wrong}}})
	if r.Login {
		o = append(o, member{"security", []object{{{"login", []string{}}}}})
	}
	return o
}

func (r openAPIRoute) bodyType() string {
	switch {
	case slices.ContainsFunc(r.Body, func(f openAPIField) bool { return f.Type == "file" }):
		return "multipart/form-data"
	case r.Path == "/users/token":
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

func (r openAPIRoute) parameters() []object {
	var list []object
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			list = append(list, object{{"name", strings.TrimSuffix(name, "}")}, {"in", "path"}, {"required", true}, {"schema", openAPIType("string")}})
		}
	}
	for _, name := range r.Query {
		list = append(list, object{{"name", name}, {"in", "query"}, {"schema", openAPIQueryType(name)}})
	}
	return list
}

func openAPIQueryType(name string) object {
	switch {
	case name == "start" || name == "count":
		return object{{"type", "integer"}, {"minimum", 0}}
	case strings.HasSuffix(name, "OneOf") || strings.HasSuffix(name, "AllOf"):
		return openAPIType("string[]")
	}
	return openAPIType("string")
}

func openAPIType(name string) object {
	if item, ok := strings.CutSuffix(name, "[]"); ok {
		return object{{"type", "array"}, {"items", openAPIType(item)}}
	}
	switch name {
	case "string", "integer", "number", "boolean", "object":
		return object{{"type", name}}
	case "file":
		return object{{"type", "string"}, {"contentMediaType", "application/octet-stream"}}
	}
	return object{{"$ref", "#/components/schemas/" + name}}
}

func openAPIObject(fields []openAPIField) object {
	var properties object
	var required []string
	for _, f := range fields {
		properties = append(properties, member{f.Name, openAPIType(f.Type)})
		if f.Required {
			required = append(required, f.Name)
		}
	}
	o := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		o = append(o, member{"required", required})
	}
	return o
}

var openAPIPage = template.Must(template.New("openapi").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body><h1>{{.Title}} {{.Version}}</h1>
<p>Paths are below <code>/api/v1</code>. <a href="openapi.json">The same as an OpenAPI 3.1 document</a>.</p>
{{range .Groups}}<h2 id="{{.Name}}">{{.Name}}</h2><dl>{{range .Routes}}
<dt><code>{{.Method}} {{.Path}}</code>{{if .Login}} (login){{end}}</dt>
<dd>{{.Summary}}{{if .Query}}<br>Query: {{range .Query}}<code>{{.}}</code> {{end}}{{end}}{{if .Body}}<br>Body: {{range .Body}}<code>{{.Name}}</code>{{if .Required}}*{{end}} {{.Type}} {{end}}{{end}}<br>Answer: {{.Status}} {{.Answer}}</dd>{{end}}</dl>
{{end}}</body></html>
`))
