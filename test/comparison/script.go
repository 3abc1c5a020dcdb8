// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package comparison

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Person is a declared user.
type Person struct{ ExternalID, Username, FirstName, Role string }

// Script keeps users as declared by calls to Clerk's Backend API, and compares nothing but the first name and the role.
type Script struct {
	// URL is the base URL of the API, without a slash at its end. Key is the secret key.
	URL, Key string
	Client   *http.Client
}

// user is what the scripts read of a user.
type user struct {
	ID             string         `json:"id"`
	ExternalID     *string        `json:"external_id"`
	FirstName      *string        `json:"first_name"`
	PublicMetadata map[string]any `json:"public_metadata"`
}

// WriteEach looks each person up and writes name and metadata, whether they differ or not. People who do not exist are created.
func (s Script) WriteEach(ctx context.Context, people []Person) error {
	for _, p := range people {
		var found []user
		if err := s.call(ctx, http.MethodGet, "/users?external_id="+url.QueryEscape(p.ExternalID), nil, &found); err != nil {
			return err
		}
		if len(found) == 0 {
			if err := s.create(ctx, p); err != nil {
				return err
			}
			continue
		}
		if err := s.rename(ctx, found[0].ID, p); err != nil {
			return err
		}
		if err := s.setRole(ctx, found[0].ID, p); err != nil {
			return err
		}
	}
	return nil
}

// WriteWhatDiffers lists all users of the instance, and writes only what differs.
func (s Script) WriteWhatDiffers(ctx context.Context, people []Person) error {
	existing, err := s.list(ctx)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := s.writeWhatDiffers(ctx, existing, p); err != nil {
			return err
		}
	}
	return nil
}

func (s Script) writeWhatDiffers(ctx context.Context, existing map[string]user, p Person) error {
	is, exists := existing[p.ExternalID]
	if !exists {
		return s.create(ctx, p)
	}
	if is.FirstName == nil || *is.FirstName != p.FirstName {
		if err := s.rename(ctx, is.ID, p); err != nil {
			return err
		}
	}
	if is.PublicMetadata["role"] != p.Role {
		return s.setRole(ctx, is.ID, p)
	}
	return nil
}

// list reads all users, in the largest pages that Clerk has.
func (s Script) list(ctx context.Context) (map[string]user, error) {
	const pageSize = 500
	all := map[string]user{}
	for offset := 0; ; offset += pageSize {
		var page []user
		query := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
		if err := s.call(ctx, http.MethodGet, "/users?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, u := range page {
			if u.ExternalID != nil {
				all[*u.ExternalID] = u
			}
		}
		if len(page) < pageSize {
			return all, nil
		}
	}
}

func (s Script) create(ctx context.Context, p Person) error {
	return s.call(ctx, http.MethodPost, "/users", map[string]any{
		"external_id": p.ExternalID, "username": p.Username, "first_name": p.FirstName, "public_metadata": map[string]any{"role": p.Role},
		"skip_password_requirement": true,
	}, nil)
}

func (s Script) rename(ctx context.Context, id string, p Person) error {
	return s.call(ctx, http.MethodPatch, "/users/"+id, map[string]any{"first_name": p.FirstName}, nil)
}

// setRole merges. To send the metadata with the name, in one call, would remove what others wrote there.
func (s Script) setRole(ctx context.Context, id string, p Person) error {
	return s.call(ctx, http.MethodPatch, "/users/"+id+"/metadata", map[string]any{"public_metadata": map[string]any{"role": p.Role}}, nil)
}

// call makes one call and decodes its answer. Any status but success is an error: these scripts do not try again.
func (s Script) call(ctx context.Context, method, path string, body, answer any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding the body of %s %s: %w", method, path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("making %s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Key)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.Client.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: status %d", method, path, response.StatusCode)
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("decoding the answer to %s %s: %w", method, path, err)
	}
	return nil
}
