// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestMetadataThatCannotBePutOnRecordIsRefused(t *testing.T) {
	t.Parallel()
	under := func(parent string, keys int) string {
		var inner []string
		for i := range keys {
			inner = append(inner, fmt.Sprintf(`"%d":1`, i))
		}
		return fmt.Sprintf(`{"%s":{%s}}`, parent, strings.Join(inner, ","))
	}
	tests := map[string]struct{ metadata, says string }{
		"ManyKeysInAListFit":       {`{"a":[` + strings.Repeat("1,", 3000) + `1]}`, ""},
		"AsManyKeysAsFit":          {under("a", v1alpha1.MaxAppliedMetadata/6), ""},
		"OneKeyTooMany":            {under("a", v1alpha1.MaxAppliedMetadata/6+1), "keys; at most"},
		"LongestPathThatFits":      {under(strings.Repeat("k", v1alpha1.MaxMetadataPointer-len("/publicMetadata//0")), 1), ""},
		"PathTooLong":              {under(strings.Repeat("k", v1alpha1.MaxMetadataPointer-len("/publicMetadata//0")+1), 1), "path is 513 bytes long"},
		"ManyKeysUnderALongParent": {under(strings.Repeat("k", 400), 100), "bytes long together"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := &v1alpha1.ClerkUserSpec{PublicMetadata: &runtime.RawExtension{Raw: []byte(tc.metadata)}}
			_, err := plan.FromSpec(spec, plan.Inputs{})
			switch {
			case tc.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "spec.publicMetadata")):
				t.Errorf("error is %v, want one that says %q", err, tc.says)
			}
		})
	}
}
