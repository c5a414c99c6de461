package activity

// kind is what a context has the terms of.
type kind int

const (
	baseKind kind = iota
	actorKind
	videoKind
	playlistKind
	cacheKind
	watchKind
	noteKind
	approvalKind
	chaptersKind
	countKind // View and Download
	playerKind
	flagKind
)

// typed is a term whose values have a type.
func typed(id, of string) map[string]any { return map[string]any{"@id": id, "@type": of} }

func number(id string) map[string]any  { return typed("pt:"+id, "sc:Number") }
func boolean(id string) map[string]any { return typed("pt:"+id, "sc:Boolean") }

// terms are PeerTube's, by what they are needed for; those of older versions
// are there for what older versions read.
func terms(k kind) map[string]any {
	switch k {
	case actorKind:
		return map[string]any{
			"playlists": typed("pt:playlists", "@id"), "support": typed("pt:support", "sc:Text"), "icons": "as:icon",
			"playerSettings": "pt:playerSettings", "lemmy": "https://join-lemmy.org/ns#", "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
			"toot": "http://joinmastodon.org/ns#", "indexable": "toot:indexable", "discoverable": "toot:discoverable",
		}
	case videoKind:
		return map[string]any{
			"Hashtag": "as:Hashtag", "category": "sc:category", "licence": "sc:license", "subtitleLanguage": "sc:subtitleLanguage",
			"automaticallyGenerated": "pt:automaticallyGenerated", "sensitive": "as:sensitive", "language": "sc:inLanguage",
			"identifier": "sc:identifier", "isLiveBroadcast": "sc:isLiveBroadcast",
			"liveSaveReplay": boolean("liveSaveReplay"), "permanentLive": boolean("permanentLive"), "latencyMode": number("latencyMode"),
			"dvrWindow": typed("pt:dvrWindow", "sc:Duration"), "Infohash": "pt:Infohash", "SensitiveTag": "pt:SensitiveTag",
			"tileWidth": number("tileWidth"), "tileHeight": number("tileHeight"), "tileDuration": number("tileDuration"),
			"aspectRatio": typed("pt:aspectRatio", "sc:Float"), "uuid": typed("pt:uuid", "sc:identifier"),
			"originallyPublishedAt": "sc:datePublished", "schedules": "sc:eventSchedule", "startDate": "sc:startDate",
			"embedUrl": "sc:embedUrl", "uploadDate": "sc:uploadDate", "hasParts": "sc:hasParts",
			"playerSettings": "pt:playerSettings",
			"views":          number("views"), "downloads": number("downloads"), "state": number("state"), "size": number("size"), "fps": number("fps"),
			"commentsEnabled": boolean("commentsEnabled"), "commentsPolicy": number("commentsPolicy"), "canReply": "pt:canReply",
			"downloadEnabled": boolean("downloadEnabled"), "waitTranscoding": boolean("waitTranscoding"), "support": typed("pt:support", "sc:Text"),
			"likes": typed("as:likes", "@id"), "dislikes": typed("as:dislikes", "@id"), "shares": typed("as:shares", "@id"),
			"comments": typed("as:comments", "@id"), "PropertyValue": "sc:PropertyValue", "value": "sc:value",
		}
	case playlistKind:
		return map[string]any{
			"Playlist": "pt:Playlist", "PlaylistElement": "pt:PlaylistElement", "position": number("position"),
			"startTimestamp": number("startTimestamp"), "stopTimestamp": number("stopTimestamp"),
			"videoChannelPosition": number("videoChannelPosition"), "uuid": typed("pt:uuid", "sc:identifier"),
		}
	case cacheKind:
		return map[string]any{"expires": "sc:expires", "CacheFile": "pt:CacheFile", "size": number("size"), "fps": number("fps")}
	case watchKind:
		return map[string]any{
			"WatchAction": "sc:WatchAction", "startTimestamp": number("startTimestamp"), "endTimestamp": number("endTimestamp"),
			"uuid": typed("pt:uuid", "sc:identifier"), "actionStatus": "sc:actionStatus", "watchSections": typed("pt:watchSections", "@id"),
			"addressRegion": "sc:addressRegion", "addressCountry": "sc:addressCountry",
		}
	case countKind:
		return map[string]any{
			"WatchAction": "sc:WatchAction", "DownloadAction": "sc:DownloadAction", "InteractionCounter": "sc:InteractionCounter",
			"interactionType": "sc:interactionType", "userInteractionCount": "sc:userInteractionCount",
		}
	case noteKind:
		return map[string]any{"replyApproval": "pt:replyApproval"}
	case approvalKind:
		return map[string]any{"ApproveReply": "pt:ApproveReply", "RejectReply": "pt:RejectReply"}
	case chaptersKind:
		return map[string]any{"hasPart": "sc:hasPart", "endOffset": "sc:endOffset", "startOffset": "sc:startOffset"}
	case playerKind:
		return map[string]any{"PlayerSettings": typed("pt:PlayerSettings", "@id"), "theme": "pt:theme"}
	case flagKind:
		return map[string]any{"Hashtag": "as:Hashtag"}
	}
	return nil
}

// contexts are made once and shared by all documents: they must not be
// changed.
var contexts = func() map[kind][]any {
	m := map[kind][]any{}
	for k := baseKind; k <= flagKind; k++ {
		list := []any{
			"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1",
			map[string]any{"RsaSignature2017": "https://w3id.org/security#RsaSignature2017"},
		}
		if t := terms(k); t != nil {
			if k != flagKind {
				t["pt"], t["sc"] = "https://joinpeertube.org/ns#", "http://schema.org/"
			}
			list = append(list, t)
		}
		m[k] = list
	}
	return m
}()

// in puts the context of a kind on a document and returns it.
func (d Doc) in(k kind) Doc {
	d["@context"] = contexts[k]
	return d
}

// about makes a document of others that lie in it: with the context of the
// object, which loses its own.
func (d Doc) about(object Doc) Doc {
	d["@context"] = contexts[baseKind]
	if c, ok := object["@context"]; ok {
		d["@context"] = c
	}
	d["object"] = map[string]any(object.Bare())
	return d
}
