package api

import (
	"fmt"
	"net/http"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// Constants serves what people choose from: categories, licences, languages
// and privacies, each as an object of labels by id.
type Constants struct{}

// Mount adds the routes to r.
func (Constants) Mount(r *rest.Router) {
	r.Get("/videos/categories", constant(constantsOf(video.Categories())))
	r.Get("/videos/licences", constant(constantsOf(video.Licences())))
	r.Get("/videos/languages", languages(constantsOf(video.Languages()), constantsOf(video.WrittenLanguages())))
	r.Get("/videos/privacies", constant(constantsOf(video.Privacies())))
	r.Get("/video-playlists/privacies", constant(object{{"1", "Public"}, {"2", "Unlisted"}, {"3", "Private"}}))
}

func constantsOf[ID any](list []video.Constant[ID]) object {
	o := make(object, len(list))
	for i, c := range list {
		o[i] = member{fmt.Sprint(c.ID), c.Label}
	}
	return o
}

func constant(o object) rest.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		return rest.JSON(w, http.StatusOK, o)
	}
}

// languages serves those of videos, or, with scope=subtitle, of captions.
func languages(all, written object) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		switch scope := r.URL.Query().Get("scope"); scope {
		case "":
			return rest.JSON(w, http.StatusOK, all)
		case "subtitle":
			return rest.JSON(w, http.StatusOK, written)
		default:
			return errs.Fields(errs.Param{Name: "scope", Value: scope, In: "query"})
		}
	}
}
