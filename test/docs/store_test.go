// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// store is etcd under an API server. All that a page leaves behind is taken out of it, which no finalizer and no missing controller
// delays.
type store struct{ url string }

// everything is the range of all keys, in etcd's JSON.
func everything() map[string]any {
	return map[string]any{"key": []byte{0}, "range_end": []byte{0}}
}

// keys returns the keys of all objects.
func (s store) keys(ctx context.Context) (map[string]bool, error) {
	query := everything()
	query["keys_only"] = true
	var answer struct {
		Pairs []struct {
			Key []byte `json:"key"`
		} `json:"kvs"`
	}
	if err := s.call(ctx, "range", query, &answer); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, pair := range answer.Pairs {
		found[string(pair.Key)] = true
	}
	return found, nil
}

// restore deletes all objects but those that were there before, and says which of these are missing.
func (s store) restore(ctx context.Context, before map[string]bool) error {
	now, err := s.keys(ctx)
	if err != nil {
		return err
	}
	for key := range now {
		if before[key] {
			continue
		}
		if err := s.call(ctx, "deleterange", map[string]any{"key": []byte(key)}, nil); err != nil {
			return err
		}
	}
	for key := range before {
		if !now[key] {
			return fmt.Errorf("%s was deleted; a page that deletes what others need has to run elsewhere", key)
		}
	}
	return nil
}

func (s store) call(ctx context.Context, operation string, query, answer any) error {
	body, err := json.Marshal(query)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v3/kv/"+operation, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s in etcd: %s %s %w", operation, response.Status, text, err)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}
