// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/people"
)

// TestEveryTextSurvivesYAML writes each character alone, in the middle, at the beginning and at the end of a text, and texts that YAML
// could take for something else, and reads them as kubectl does.
func TestEveryTextSurvivesYAML(t *testing.T) {
	t.Parallel()
	texts := people.OddTexts()
	for _, odd := range people.OddTexts() {
		texts = append(texts, odd+"\n"+odd, odd+" "+odd, "\n"+odd, odd+"\n\n", " "+odd)
	}
	for r := rune(0); r <= 0xFFFF; r++ {
		letters := r > 0x300 && r < 0x2000 || r > 0x3000 && r < 0xFE00
		if letters && r%64 != 0 || utf16.IsSurrogate(r) {
			continue
		}
		texts = append(texts, string(r), string(r)+"a", "a"+string(r), "a\n"+string(r)+"b", "a"+string(0x10000+r)+"b")
	}
	const atOnce = 5000
	for len(texts) > 0 {
		some := texts[:min(atOnce, len(texts))]
		texts = texts[len(some):]
		expectRead(t, map[string]any{"texts": some})
		// The key that YAML takes for an instruction needs another form.
		expectRead(t, map[string]any{"texts": some, "<<": map[string]any{"texts": "b"}})
	}
}

func expectRead(t *testing.T, metadata map[string]any) {
	t.Helper()
	raw, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	written, err := Of("a", "b", &v1alpha1.ClerkUserSpec{PublicMetadata: &runtime.RawExtension{Raw: raw}}).YAML()
	if err != nil {
		t.Fatal(err)
	}
	object := &v1alpha1.ClerkUser{}
	if err := yaml.UnmarshalStrict(written, object); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := errors.Join(json.Unmarshal(object.Spec.PublicMetadata.Raw, &got), json.Unmarshal(raw, &want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it is read as another text (-want +got):\n%s", diff)
	}
}
