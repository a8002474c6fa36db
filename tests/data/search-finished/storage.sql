CREATE TYPE public.studydirection AS ENUM (
    'NOT_SET',
    'MINIMIZE',
    'MAXIMIZE'
);
CREATE TYPE public.trialintermediatevaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG',
    'NAN'
);
CREATE TYPE public.trialstate AS ENUM (
    'RUNNING',
    'COMPLETE',
    'PRUNED',
    'FAIL',
    'WAITING'
);
CREATE TYPE public.trialvaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG'
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.studies (
    study_id integer NOT NULL,
    study_name character varying(512) NOT NULL
);
CREATE SEQUENCE public.studies_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studies_study_id_seq OWNED BY public.studies.study_id;
CREATE TABLE public.study_directions (
    study_direction_id integer NOT NULL,
    direction public.studydirection NOT NULL,
    study_id integer NOT NULL,
    objective integer NOT NULL
);
CREATE SEQUENCE public.study_directions_study_direction_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_directions_study_direction_id_seq OWNED BY public.study_directions.study_direction_id;
CREATE TABLE public.study_system_attributes (
    study_system_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_system_attributes_study_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_system_attributes_study_system_attribute_id_seq OWNED BY public.study_system_attributes.study_system_attribute_id;
CREATE TABLE public.study_user_attributes (
    study_user_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_user_attributes_study_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_user_attributes_study_user_attribute_id_seq OWNED BY public.study_user_attributes.study_user_attribute_id;
CREATE TABLE public.studyhall_budget (
    study_id integer NOT NULL,
    key character varying(32) NOT NULL,
    trials integer NOT NULL,
    timeout double precision,
    max_failures integer NOT NULL,
    workers integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.studyhall_budget_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studyhall_budget_study_id_seq OWNED BY public.studyhall_budget.study_id;
CREATE TABLE public.studyhall_lease (
    token character varying(32) NOT NULL,
    study_id integer NOT NULL,
    trial_id integer NOT NULL,
    attempt integer NOT NULL,
    deaths integer DEFAULT 0 NOT NULL,
    reported integer DEFAULT 0 NOT NULL,
    handed_back boolean DEFAULT false NOT NULL,
    trouble character varying(600) DEFAULT ''::character varying NOT NULL,
    worker character varying(200) NOT NULL,
    device character varying(100) NOT NULL,
    packages text DEFAULT '{}'::text NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.studyhall_schema (
    version integer NOT NULL
);
CREATE TABLE public.trial_heartbeats (
    trial_heartbeat_id integer NOT NULL,
    trial_id integer NOT NULL,
    heartbeat timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq OWNED BY public.trial_heartbeats.trial_heartbeat_id;
CREATE TABLE public.trial_intermediate_values (
    trial_intermediate_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    step integer NOT NULL,
    intermediate_value double precision,
    intermediate_value_type public.trialintermediatevaluetype NOT NULL
);
CREATE SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq OWNED BY public.trial_intermediate_values.trial_intermediate_value_id;
CREATE TABLE public.trial_params (
    param_id integer NOT NULL,
    trial_id integer,
    param_name character varying(512),
    param_value double precision,
    distribution_json text
);
CREATE SEQUENCE public.trial_params_param_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_params_param_id_seq OWNED BY public.trial_params.param_id;
CREATE TABLE public.trial_system_attributes (
    trial_system_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq OWNED BY public.trial_system_attributes.trial_system_attribute_id;
CREATE TABLE public.trial_user_attributes (
    trial_user_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq OWNED BY public.trial_user_attributes.trial_user_attribute_id;
CREATE TABLE public.trial_values (
    trial_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    objective integer NOT NULL,
    value double precision,
    value_type public.trialvaluetype NOT NULL
);
CREATE SEQUENCE public.trial_values_trial_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_values_trial_value_id_seq OWNED BY public.trial_values.trial_value_id;
CREATE TABLE public.trials (
    trial_id integer NOT NULL,
    number integer,
    study_id integer,
    state public.trialstate NOT NULL,
    datetime_start timestamp without time zone,
    datetime_complete timestamp without time zone
);
CREATE SEQUENCE public.trials_trial_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trials_trial_id_seq OWNED BY public.trials.trial_id;
CREATE TABLE public.version_info (
    version_info_id integer NOT NULL,
    schema_version integer,
    library_version character varying(256),
    CONSTRAINT version_info_version_info_id_check CHECK ((version_info_id = 1))
);
ALTER TABLE ONLY public.studies ALTER COLUMN study_id SET DEFAULT nextval('public.studies_study_id_seq'::regclass);
ALTER TABLE ONLY public.study_directions ALTER COLUMN study_direction_id SET DEFAULT nextval('public.study_directions_study_direction_id_seq'::regclass);
ALTER TABLE ONLY public.study_system_attributes ALTER COLUMN study_system_attribute_id SET DEFAULT nextval('public.study_system_attributes_study_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.study_user_attributes ALTER COLUMN study_user_attribute_id SET DEFAULT nextval('public.study_user_attributes_study_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.studyhall_budget ALTER COLUMN study_id SET DEFAULT nextval('public.studyhall_budget_study_id_seq'::regclass);
ALTER TABLE ONLY public.trial_heartbeats ALTER COLUMN trial_heartbeat_id SET DEFAULT nextval('public.trial_heartbeats_trial_heartbeat_id_seq'::regclass);
ALTER TABLE ONLY public.trial_intermediate_values ALTER COLUMN trial_intermediate_value_id SET DEFAULT nextval('public.trial_intermediate_values_trial_intermediate_value_id_seq'::regclass);
ALTER TABLE ONLY public.trial_params ALTER COLUMN param_id SET DEFAULT nextval('public.trial_params_param_id_seq'::regclass);
ALTER TABLE ONLY public.trial_system_attributes ALTER COLUMN trial_system_attribute_id SET DEFAULT nextval('public.trial_system_attributes_trial_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_user_attributes ALTER COLUMN trial_user_attribute_id SET DEFAULT nextval('public.trial_user_attributes_trial_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_values ALTER COLUMN trial_value_id SET DEFAULT nextval('public.trial_values_trial_value_id_seq'::regclass);
ALTER TABLE ONLY public.trials ALTER COLUMN trial_id SET DEFAULT nextval('public.trials_trial_id_seq'::regclass);

INSERT INTO public.alembic_version (version_num) VALUES ('v3.2.0.a');
INSERT INTO public.studies (study_id, study_name) VALUES (1, 'tiny');
SELECT pg_catalog.setval('public.studies_study_id_seq', 1, true);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (1, 'MAXIMIZE', 1, 0);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 1, true);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (1, 1, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (2, 1, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (3, 1, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 4.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**4** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 36 images to train on, 12 to validate; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet&#95;ln |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 8 |\\n| epochs\\u2002 | 4 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (4, 1, 'dashboard:1:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (5, 1, 'dashboard:1:note_str:0', E'"**complete** after 4 epochs: best macro-F1 **1.0000** in epoch 2, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00103138 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.0418047 |\\n\\n- workstation, cpu; attempt 1\\n- 111 images/s, 1.5 s in all\\n\\n![confusion](/artifacts/1/1/465986aa-0e6d-57c4-8f4c-0b0285cfcd85) ![learning-curve](/artifacts/1/1/984b3958-e0c1-5e43-95f5-fea859a24137)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (6, 1, 'dashboard:2:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (7, 1, 'dashboard:2:note_str:0', E'"**pruned** after 2 epochs: best macro-F1 **0.9153** in epoch 1, accuracy 0.9167\\n\\nWhy: epoch 2&#58; F1 0.915 ranks 2 of 2 at this epoch &#40;asha&#41;\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.000379045 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 104 images/s, 0.8 s in all\\n\\n![confusion](/artifacts/1/2/8f66d3ae-87ac-50a7-898c-1616ce48d9bf) ![learning-curve](/artifacts/1/2/8d763ca2-9d25-5f5e-8349-93dd39c8342d)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 0.857\\u2002 | 4\\u2002 | b &#40;1&#41; |\\n| b\\u2002 | 0.889\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (8, 1, 'dashboard:3:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (9, 1, 'dashboard:3:note_str:0', E'"**complete** after 4 epochs: best macro-F1 **1.0000** in epoch 2, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00120914 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.0337925 |\\n\\n- workstation, cpu; attempt 1\\n- 96 images/s, 1.8 s in all\\n\\n![confusion](/artifacts/1/3/65698fd2-e78f-53b6-bc64-8211a623cc2c) ![learning-curve](/artifacts/1/3/7855fd54-149c-5ff5-8bcb-33a48fa3416c)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (10, 1, 'dashboard:4:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (11, 1, 'dashboard:4:note_str:0', E'"**pruned** after 1 epoch: best macro-F1 **0.8333** in epoch 1, accuracy 0.8333\\n\\nWhy: epoch 1&#58; F1 0.833 ranks 4 of 4 at this epoch &#40;asha&#41;\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.000939583 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.360355 |\\n\\n- workstation, cpu; attempt 1\\n- 90 images/s, 0.4 s in all\\n\\n![confusion](/artifacts/1/4/f3978e57-e788-5e54-8073-0bc9ec38c698) ![learning-curve](/artifacts/1/4/5a1e604f-0774-52d5-8e1a-03d3e5455a3e)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| b\\u2002 | 0.750\\u2002 | 4\\u2002 | c &#40;1&#41; |\\n| c\\u2002 | 0.750\\u2002 | 4\\u2002 | b &#40;1&#41; |\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 11, true);
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (1, 1, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (2, 1, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (3, 1, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (4, 1, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (5, 1, 'identity', E'{"study.name": "tiny", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.003, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet_ln", "fixed.weights.test_efficientnet_ln": "none", "fixed.image_size": 32, "fixed.batch_size": 8, "fixed.epochs": 4, "fixed.precision": "fp32", "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "asha", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [{"optimizer": "adamw"}, {"optimizer": "sgd"}], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (6, 1, 'spec', E'{"study": {"name": "tiny", "trials": 4, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.003, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet_ln", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 4, "precision": "fp32"}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "asha", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [{"optimizer": "adamw"}, {"optimizer": "sgd"}], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 6, true);
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (1, '8813f414de534c2399490989921752eb', 4, NULL, 20, 1, '2026-11-28 20:39:05.716013+00');
SELECT pg_catalog.setval('public.studyhall_budget_study_id_seq', 1, false);
INSERT INTO public.studyhall_schema (version) VALUES (2);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, 1, 1, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (2, 1, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (3, 1, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (4, 1, 4, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (5, 2, 1, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (6, 2, 2, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (7, 3, 1, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (8, 3, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (9, 3, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (10, 3, 4, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (11, 4, 1, '0.8333333333333334', 'FINITE');
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 11, true);
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (1, 1, 'lr', '0.0010313797728198552', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (2, 1, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (3, 1, 'cutmix_prob', '0.041804733652763326', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (4, 2, 'lr', '0.00037904508297618625', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (5, 2, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (6, 2, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (7, 3, 'lr', '0.0012091447494918305', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (8, 3, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (9, 3, 'cutmix_prob', '0.03379250000394329', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (10, 4, 'lr', '0.0009395833287419588', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (11, 4, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (12, 4, 'cutmix_prob', '0.3603553781514504', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 12, true);
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'fixed_params', '{"optimizer": "adamw"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (2, 2, 'fixed_params', '{"optimizer": "sgd"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'completed_rung_0', '0.9153439153439153');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'completed_rung_1', '1.0');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (6, 1, 'artifacts:465986aa-0e6d-57c4-8f4c-0b0285cfcd85', E'"{\\"artifact_id\\": \\"465986aa-0e6d-57c4-8f4c-0b0285cfcd85\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'artifacts:984b3958-e0c1-5e43-95f5-fea859a24137', E'"{\\"artifact_id\\": \\"984b3958-e0c1-5e43-95f5-fea859a24137\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (8, 2, 'completed_rung_0', '0.9153439153439153');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (9, 2, 'completed_rung_1', '0.9153439153439153');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (10, 2, 'studyhall:confusion', '[[0, 0, 3], [0, 1, 1], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (11, 2, 'artifacts:8f66d3ae-87ac-50a7-898c-1616ce48d9bf', E'"{\\"artifact_id\\": \\"8f66d3ae-87ac-50a7-898c-1616ce48d9bf\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (12, 2, 'artifacts:8d763ca2-9d25-5f5e-8349-93dd39c8342d', E'"{\\"artifact_id\\": \\"8d763ca2-9d25-5f5e-8349-93dd39c8342d\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (13, 3, 'tpe:relative_params:0', E'"{\\"cutmix_prob\\": 0.03379250000394329, \\"lr\\": 0.0012091447494918305, \\"optimizer\\": \\"adamw\\"}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (14, 3, 'completed_rung_0', '0.9153439153439153');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (15, 3, 'completed_rung_1', '1.0');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (16, 3, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (17, 3, 'artifacts:65698fd2-e78f-53b6-bc64-8211a623cc2c', E'"{\\"artifact_id\\": \\"65698fd2-e78f-53b6-bc64-8211a623cc2c\\", \\"filename\\": \\"trial-00002-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (18, 3, 'artifacts:7855fd54-149c-5ff5-8bcb-33a48fa3416c', E'"{\\"artifact_id\\": \\"7855fd54-149c-5ff5-8bcb-33a48fa3416c\\", \\"filename\\": \\"trial-00002-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (19, 4, 'tpe:relative_params:0', E'"{\\"cutmix_prob\\": 0.3603553781514504, \\"lr\\": 0.0009395833287419588, \\"optimizer\\": \\"adamw\\"}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (20, 4, 'completed_rung_0', '0.8333333333333334');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (21, 4, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 3], [1, 2, 1], [2, 1, 1], [2, 2, 3]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (22, 4, 'artifacts:f3978e57-e788-5e54-8073-0bc9ec38c698', E'"{\\"artifact_id\\": \\"f3978e57-e788-5e54-8073-0bc9ec38c698\\", \\"filename\\": \\"trial-00003-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (23, 4, 'artifacts:5a1e604f-0774-52d5-8e1a-03d3e5455a3e', E'"{\\"artifact_id\\": \\"5a1e604f-0774-52d5-8e1a-03d3e5455a3e\\", \\"filename\\": \\"trial-00003-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 23, true);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'seconds', '1.517');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (6, 1, 'images_per_second', '111.3');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (8, 1, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (9, 1, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (10, 2, 'seconds', '0.766');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (11, 2, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (12, 2, 'best_f1', '0.9153439153439153');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (13, 2, 'accuracy', '0.9166666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (14, 2, 'per_class_f1', '{"a": 0.8571428571428571, "b": 0.8888888888888888, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (15, 2, 'images_per_second', '103.8');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (16, 2, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (17, 2, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (18, 2, 'reason', '"epoch 2: F1 0.915 ranks 2 of 2 at this epoch (asha)"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (19, 2, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (20, 3, 'seconds', '1.773');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (21, 3, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (22, 3, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (23, 3, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (24, 3, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (25, 3, 'images_per_second', '96.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (26, 3, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (27, 3, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (28, 3, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (29, 4, 'seconds', '0.432');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (30, 4, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (31, 4, 'best_f1', '0.8333333333333334');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (32, 4, 'accuracy', '0.8333333333333334');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (33, 4, 'per_class_f1', '{"a": 1.0, "b": 0.75, "c": 0.75}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (34, 4, 'images_per_second', '90.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (35, 4, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (36, 4, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (37, 4, 'reason', '"epoch 1: F1 0.833 ranks 4 of 4 at this epoch (asha)"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (38, 4, 'attempt', 1);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 38, true);
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (1, 1, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (2, 2, 0, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (3, 3, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (4, 4, 0, '0.8333333333333334', 'FINITE');
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 4, true);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (1, 0, 1, 'COMPLETE', '2026-11-28 20:39:06.891555', '2026-11-28 20:39:09.671604');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (2, 1, 1, 'PRUNED', '2026-11-28 20:39:09.760254', '2026-11-28 20:39:11.623185');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (3, 2, 1, 'COMPLETE', '2026-11-28 20:39:11.703887', '2026-11-28 20:39:14.707228');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (4, 3, 1, 'PRUNED', '2026-11-28 20:39:14.771275', '2026-11-28 20:39:16.579073');
SELECT pg_catalog.setval('public.trials_trial_id_seq', 4, true);
INSERT INTO public.version_info (version_info_id, schema_version, library_version) VALUES (1, 12, '5.0.0');

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_pkey PRIMARY KEY (study_direction_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_objective_key UNIQUE (study_id, objective);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_pkey PRIMARY KEY (study_system_attribute_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_pkey PRIMARY KEY (study_user_attribute_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.studyhall_budget
    ADD CONSTRAINT studyhall_budget_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.studyhall_lease
    ADD CONSTRAINT studyhall_lease_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.studyhall_lease
    ADD CONSTRAINT studyhall_lease_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_pkey PRIMARY KEY (trial_heartbeat_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_pkey PRIMARY KEY (trial_intermediate_value_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_step_key UNIQUE (trial_id, step);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_pkey PRIMARY KEY (param_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_param_name_key UNIQUE (trial_id, param_name);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_pkey PRIMARY KEY (trial_system_attribute_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_pkey PRIMARY KEY (trial_user_attribute_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_pkey PRIMARY KEY (trial_value_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_objective_key UNIQUE (trial_id, objective);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY public.version_info
    ADD CONSTRAINT version_info_pkey PRIMARY KEY (version_info_id);
CREATE UNIQUE INDEX ix_studies_study_name ON public.studies USING btree (study_name);
CREATE INDEX ix_studyhall_lease_study_id ON public.studyhall_lease USING btree (study_id);
CREATE INDEX ix_trials_study_id ON public.trials USING btree (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
