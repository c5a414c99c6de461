package activity

// WriteCacheFile is what this site says of a video that it mirrors.
func WriteCacheFile(c CacheFile, a Audience) Doc {
	d := Doc{
		"type": "CacheFile", "id": c.URL, "object": c.VideoURL, "expires": nil,
		"url": map[string]any{"type": "Link", "mediaType": hlsType, "href": c.BaseURL},
	}
	if !c.Expires.IsZero() {
		d["expires"] = iso(c.Expires)
	}
	return a.on(d).in(cacheKind)
}
