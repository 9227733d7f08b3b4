{#- Every build writes a fresh file: a table or view is made under its own name, in one statement. The adapter makes it under another name first,
    looks for what might stand there, renames and drops, which takes longer than most queries here. What stands there by hand is dropped before. -#}
{% materialization table, adapter = "duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement("main") -%} {{ create_table_as(false, target, compiled_code) }} {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{% materialization view, adapter = "duckdb" %}
    {%- set target = this.incorporate(type="view") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement("main") -%} {{ create_view_as(target, compiled_code) }} {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
